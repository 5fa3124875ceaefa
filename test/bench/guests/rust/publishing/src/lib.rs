use exports::wasi::pubsub::data_on_message::{Error, Event, Guest};
use wasi::pubsub::data_basic::publish;

wit_bindgen::generate!({ path: "../../../../../wit", world: "host:pubsub/push", generate_all });

struct App;

impl Guest for App {
    /// One message in, one out, with the same payload.
    fn on_message(message: Event) -> Result<(), Error> {
        publish(
            "out/bench",
            &Event {
                id: String::new(),
                source: String::new(),
                type_: "com.example.bench.answered".into(),
                data: message.data,
            },
        )
    }
}

export!(App);
