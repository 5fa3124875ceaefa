mod batch;

use batch::{Batch, element};
use exports::wasi::cli0_3_0::run::Guest;
use std::mem::take;
use wasi::cli0_2_12::environment::get_arguments;
use wasi::logging::logging::{Level, log};
use wasi::pubsub::data_basic::{publish, stream};

wit_bindgen::generate!({ path: ["../../wit", "wit"], world: "sample:batcher/batcher", generate_all });

/// A batch is published before it grows beyond this, unless one event alone does.
const MAX_BYTES: usize = 256 * 1024;

struct App;

impl Guest for App {
    /// Runs until the stream ends, which it does when the host stops. An error is the exit code 1.
    async fn run() -> Result<(), ()> {
        batch_readings()
            .await
            .map_err(|why| log(Level::Error, "", &why))
    }
}

async fn batch_readings() -> Result<(), String> {
    let size = batch_size()?;
    let mut readings =
        stream("readings/+").map_err(|why| format!("readings/+ cannot be read: {why}"))?;
    let mut batch = Batch::default();
    while let Some(reading) = readings.next().await {
        let element = element(&reading)
            .map_err(|why| format!("event {} cannot be written: {why}", reading.id))?;
        if batch.len > 0 && batch.size_with(&element) > MAX_BYTES {
            send(take(&mut batch))?;
        }
        batch.push(&reading.id, &element);
        if batch.len >= size {
            send(take(&mut batch))?;
        }
    }
    if batch.len > 0 {
        send(batch)?;
    }
    log(Level::Info, "", "the stream has ended");
    Ok(())
}

/// The first argument, from `[guest] args` of app.toml.
fn batch_size() -> Result<usize, String> {
    let Some(text) = get_arguments().into_iter().nth(1) else {
        return Ok(100);
    };
    match text.parse() {
        Ok(size) if size > 0 => Ok(size),
        _ => Err(format!(
            "the first argument is {text:?}: expected the number of events in a batch, from 1"
        )),
    }
}

fn send(batch: Batch) -> Result<(), String> {
    let len = batch.len;
    publish("batches", &batch.into_event())
        .map_err(|why| format!("a batch of {len} cannot be published: {why}"))?;
    log(Level::Info, "", &format!("a batch of {len}"));
    Ok(())
}

export!(App);
