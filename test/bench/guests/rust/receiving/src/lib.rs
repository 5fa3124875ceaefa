use exports::wasi::cli::run::Guest;
use wasi::pubsub::data_basic::receive;

wit_bindgen::generate!({ path: "../../../../../wit", world: "host:pubsub/command", generate_all });

struct App;

impl Guest for App {
    /// Asks for one message after the other, for ever.
    fn run() -> Result<(), ()> {
        while receive("bench/#").is_ok() {}
        Err(())
    }
}

export!(App);
