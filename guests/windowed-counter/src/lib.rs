mod windows;

use exports::wasi::pubsub::data_on_message::Guest;
use host::pubsub::delivery::current;
use serde::Deserialize;
use std::cell::RefCell;
use wasi::cli0_2_12::environment::get_environment;
use wasi::logging::logging::{Level, log};
use wasi::pubsub::data_basic::publish;
use wasi::pubsub::types::{Error, Event};
use windows::{Count, Windows};

wit_bindgen::generate!({ path: ["../../wit", "wit"], world: "sample:windowed-counter/windowed-counter", generate_all });

/// A message on this topic publishes all windows as they are.
const FLUSH: &str = "windows/flush";

/// The end of the year 9999: a later time is one in milliseconds.
const LATEST: u64 = 253_402_300_799;

#[derive(Deserialize)]
struct Visit {
    /// Unix time in seconds.
    time: u64,
}

thread_local! {
    /// Kept in this instance alone.
    static WINDOWS: RefCell<Windows> = RefCell::default();
}

struct App;

impl Guest for App {
    /// Called once for each visit on `visits/<page>`, and for each message on `windows/flush`.
    fn on_message(message: Event) -> Result<(), Error> {
        let topic = current().map(|delivery| delivery.topic).unwrap_or_default();
        let length = window_length()?;
        let report = |window: &Count| report(&message.id, window, length);
        WINDOWS.with_borrow_mut(|windows| {
            if topic == FLUSH {
                return windows.flush(report);
            }
            let time = time_of(&message.data)?;
            windows.count(&topic, time - time % length, report)
        })
    }
}

/// What cannot be understood will not get better: rejecting it makes it a dead letter at once.
fn time_of(data: &[u8]) -> Result<u64, Error> {
    let visit: Visit = serde_json::from_slice(data).map_err(|why| {
        Error::Rejected(format!(
            r#"the payload is not JSON like {{"time": 1764139057}}: {why}"#
        ))
    })?;
    if visit.time > LATEST {
        return Err(Error::Rejected(format!(
            "the time {} is not in seconds since 1970",
            visit.time
        )));
    }
    Ok(visit.time)
}

/// Seconds, from `[guest] env` of app.toml.
fn window_length() -> Result<u64, Error> {
    let Some((_, text)) = get_environment()
        .into_iter()
        .find(|(name, _)| name == "WINDOW_SECONDS")
    else {
        return Ok(60);
    };
    match text.parse() {
        Ok(seconds) if (1..=LATEST).contains(&seconds) => Ok(seconds),
        _ => Err(Error::Other(format!(
            "WINDOW_SECONDS is {text:?}: expected a whole number of seconds from 1"
        ))),
    }
}

fn report(cause: &str, window: &Count, length: u64) -> Result<(), Error> {
    let Count {
        topic,
        start,
        count,
    } = window;
    let name = topic.strip_prefix("visits/").unwrap_or(topic);
    let data = serde_json::json!({ "topic": topic, "start": start, "end": start + length, "count": count });
    publish(
        &format!("counts/{name}"),
        &Event {
            // The same message always makes the same ids, so that a repeated count can be told.
            id: format!("{cause}-{name}-{start}"),
            source: "/windowed-counter".into(),
            type_: "com.example.window.counted".into(),
            data: data.to_string().into_bytes(),
        },
    )?;
    log(
        Level::Info,
        "",
        &format!("{topic}: {count} from {start} on"),
    );
    Ok(())
}

export!(App);
