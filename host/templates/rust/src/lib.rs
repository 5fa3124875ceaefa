use exports::wasi::pubsub::data_on_message::Guest;
use wasi::logging::logging::{Level, log};
use wasi::pubsub::data_basic::publish;
use wasi::pubsub::types::{Error, Event};

wit_bindgen::generate!({ path: "wit", world: "guest", generate_all });

struct App;

impl Guest for App {
    /// Called once for each message. `Ok` settles it, `rejected` makes it a dead letter; every other error, and a
    /// panic, mean "again, later".
    fn on_message(message: Event) -> Result<(), Error> {
        let name = String::from_utf8_lossy(&message.data);
        let name = name.trim();
        if name.is_empty() {
            return Err(Error::Rejected("nobody to greet".into()));
        }
        publish(
            "{{name}}/greetings",
            &Event {
                // The same message always makes the same greeting, so that a repeated one can be told.
                id: format!("{}-greeting", message.id),
                // Empty: the host fills in the app's name.
                source: String::new(),
                type_: "com.example.greeting".into(),
                data: format!("Hello, {name}!").into_bytes(),
            },
        )?;
        log(Level::Info, "", &format!("greeted {name}"));
        Ok(())
    }
}

export!(App);
