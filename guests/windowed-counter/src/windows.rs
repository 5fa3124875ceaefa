use std::collections::BTreeMap;

/// Topics whose window is open at once; bounds what this guest keeps.
const MAX_TOPICS: usize = 1_000;

/// How many events of one topic fell into one window, or into a part of it.
#[derive(Clone)]
pub struct Count {
    pub topic: String,
    /// Unix time in seconds.
    pub start: u64,
    pub count: u64,
}

/// The open window of each topic: a tumbling one, that ends where the next begins.
#[derive(Default)]
pub struct Windows {
    open: BTreeMap<String, Count>,
}

impl Windows {
    /// Counts an event in the window that begins at `start`. `publish` is called with a window that this closes, and
    /// where it fails, nothing has changed: the event will come again.
    pub fn count<E>(
        &mut self,
        topic: &str,
        start: u64,
        publish: impl FnOnce(&Count) -> Result<(), E>,
    ) -> Result<(), E> {
        let one = Count {
            topic: topic.to_owned(),
            start,
            count: 1,
        };
        match self.open.get_mut(topic) {
            Some(window) if start == window.start => window.count += 1,
            // Its window has been published: it is one more part of that.
            Some(window) if start < window.start => publish(&one)?,
            Some(window) => {
                publish(window)?;
                *window = one;
            }
            None => {
                if self.open.len() >= MAX_TOPICS {
                    self.publish_oldest(publish)?;
                }
                self.open.insert(topic.to_owned(), one);
            }
        }
        Ok(())
    }

    /// Publishes every window as it is. All of them stay open where one fails.
    pub fn flush<E>(&mut self, publish: impl FnMut(&Count) -> Result<(), E>) -> Result<(), E> {
        self.open.values().try_for_each(publish)?;
        self.open.clear();
        Ok(())
    }

    fn publish_oldest<E>(
        &mut self,
        publish: impl FnOnce(&Count) -> Result<(), E>,
    ) -> Result<(), E> {
        let Some(oldest) = self
            .open
            .values()
            .min_by_key(|window| window.start)
            .cloned()
        else {
            return Ok(());
        };
        publish(&oldest)?;
        self.open.remove(&oldest.topic);
        Ok(())
    }
}
