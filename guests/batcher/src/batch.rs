use crate::wasi::pubsub::types::Event;
use base64::{Engine, prelude::BASE64_STANDARD};
use serde::Serialize;
use serde_json::value::RawValue;

/// An event as the JSON format of CloudEvents 1.0 has it.
#[derive(Serialize)]
struct Element<'a> {
    specversion: &'static str,
    id: &'a str,
    source: &'a str,
    r#type: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    data_base64: Option<String>,
}

/// Data that is JSON stays as it is, anything else becomes base64.
pub fn element(event: &Event) -> Result<String, serde_json::Error> {
    let data = serde_json::from_slice(&event.data).ok();
    serde_json::to_string(&Element {
        specversion: "1.0",
        id: &event.id,
        source: &event.source,
        r#type: &event.type_,
        data,
        data_base64: data.is_none().then(|| BASE64_STANDARD.encode(&event.data)),
    })
}

/// Events that are to be published as one JSON array.
#[derive(Default)]
pub struct Batch {
    /// Of the first one.
    id: String,
    json: String,
    pub len: usize,
}

impl Batch {
    /// Bytes of the array, if an element of that size were added.
    pub fn size_with(&self, element: &str) -> usize {
        self.json.len() + element.len() + 2
    }

    pub fn push(&mut self, id: &str, element: &str) {
        if self.len == 0 {
            self.id = id.to_owned();
        }
        self.json.push(if self.len == 0 { '[' } else { ',' });
        self.json.push_str(element);
        self.len += 1;
    }

    pub fn into_event(mut self) -> Event {
        self.json.push(']');
        Event {
            // The same events always make the same id, so that a repeated batch can be told.
            id: format!("{}-batch-{}", self.id, self.len),
            source: "/batcher".into(),
            type_: "com.example.batch".into(),
            data: self.json.into_bytes(),
        }
    }
}
