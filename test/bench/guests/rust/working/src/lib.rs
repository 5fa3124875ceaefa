use exports::wasi::pubsub::data_on_message::{Error, Event, Guest};
use std::hint::black_box;

wit_bindgen::generate!({ path: "../../../../../wit", world: "host:pubsub/push", generate_all });

/// About 5 ms on the machine this was written on.
const STEPS: u32 = 3_000_000;

struct App;

impl Guest for App {
    /// Fixed work on the CPU, the same for each message: xorshift, seeded by the payload.
    fn on_message(message: Event) -> Result<(), Error> {
        let mut state = message.data.len() as u64 | 1;
        for _ in 0..STEPS {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
        }
        black_box(state);
        Ok(())
    }
}

export!(App);
