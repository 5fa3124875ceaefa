use exports::wasi::pubsub::data_on_message::{Error, Event, Guest};

wit_bindgen::generate!({ path: "../../../../../wit", world: "host:pubsub/push", generate_all });

struct App;

impl Guest for App {
    /// Looks at the message and is done, as the plain program's handler.
    fn on_message(message: Event) -> Result<(), Error> {
        if message.data.is_empty() {
            return Err(Error::Rejected("empty".into()));
        }
        Ok(())
    }
}

export!(App);
