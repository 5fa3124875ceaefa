use exports::wasi::cli0_2_6::run::Guest;
use wasi::cli0_2_12::environment::get_arguments;
use wasi::logging::logging::{Level, log};
use wasi::pubsub::data_basic::{publish, stream};
use wasi::pubsub::types::{Error, Event};

wit_bindgen::generate!({
    path: ["../../wit", "wit"],
    world: "sample:sync-reading/sync-reading",
    generate_all,
});

struct App;

impl Guest for App {
    fn run() -> Result<(), ()> {
        let arguments = get_arguments();
        let [_, from, to, count] = &arguments[..] else {
            log(Level::Error, "", "expected the arguments: from, to, count");
            return Err(());
        };
        let count = count
            .parse()
            .map_err(|why| log(Level::Error, "", &format!("{count}: {why}")))?;
        wit_bindgen::block_on(copy(from, to, count))
            .map_err(|why| log(Level::Error, "", &why.to_string()))
    }
}

/// Publishes what it reads, until there were `count` or the stream ends.
async fn copy(from: &str, to: &str, count: usize) -> Result<(), Error> {
    let mut events = stream(from)?;
    for _ in 0..count {
        let Some(event) = events.next().await else {
            log(Level::Info, "", "the stream has ended");
            return Ok(());
        };
        publish(
            to,
            &Event {
                id: String::new(),
                source: String::new(),
                ..event
            },
        )?;
    }
    Ok(())
}

export!(App);
