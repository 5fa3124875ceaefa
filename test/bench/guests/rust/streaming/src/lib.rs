use exports::wasi::cli0_3_0::run::Guest;
use wasi::pubsub::data_basic::stream;

wit_bindgen::generate!({ path: ["../../../../../wit", "wit"], world: "bench:streaming/streaming", generate_all });

struct App;

impl Guest for App {
    /// Reads one event after the other until the stream ends.
    async fn run() -> Result<(), ()> {
        let mut events = stream("bench/#").map_err(|_| ())?;
        while events.next().await.is_some() {}
        Ok(())
    }
}

export!(App);
