//! Text stored once where it repeats.

use std::hash::BuildHasher;

use rustc_hash::FxBuildHasher;

/// A text in a [`Texts`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TextId(u32);

/// Interned strings: one long string, and where each one in it ends.
#[derive(Debug)]
pub(super) struct Texts {
    all: String,
    /// `ends[id]` is where text `id` ends and the next begins.
    ends: Vec<usize>,
    /// Open addressing, a power of two long: `id + 1` of a text, 0 where free.
    slots: Vec<u32>,
}

impl Default for Texts {
    fn default() -> Self {
        Self { all: String::new(), ends: Vec::new(), slots: vec![0; 64] }
    }
}

impl Texts {
    /// The id of `text`, which is the same for equal texts.
    pub(super) fn intern(&mut self, text: &str) -> TextId {
        if (self.ends.len() + 1) * 2 > self.slots.len() {
            self.grow();
        }
        let slot = self.slot_of(text);
        if self.slots[slot] == 0 {
            self.all.push_str(text);
            self.ends.push(self.all.len());
            self.slots[slot] = self.ends.len() as u32;
        }
        TextId(self.slots[slot] - 1)
    }

    pub(super) fn get(&self, id: TextId) -> &str {
        let index = id.0 as usize;
        let start = index.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.all[start..self.ends[index]]
    }

    /// Where `text` is, or would be.
    fn slot_of(&self, text: &str) -> usize {
        let mask = self.slots.len() - 1;
        let mut slot = FxBuildHasher.hash_one(text) as usize & mask;
        while self.slots[slot] != 0 && self.get(TextId(self.slots[slot] - 1)) != text {
            slot = (slot + 1) & mask;
        }
        slot
    }

    fn grow(&mut self) {
        self.slots = vec![0; self.slots.len() * 2];
        let mask = self.slots.len() - 1;
        for index in 0..self.ends.len() as u32 {
            let mut slot = FxBuildHasher.hash_one(self.get(TextId(index))) as usize & mask;
            while self.slots[slot] != 0 {
                slot = (slot + 1) & mask;
            }
            self.slots[slot] = index + 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_texts_are_stored_once() {
        let mut texts = Texts::default();
        let words: Vec<String> = (0..1000).map(|number| format!("text {}", number % 300)).collect();
        let ids: Vec<TextId> = words.iter().map(|word| texts.intern(word)).collect();
        assert_eq!(texts.ends.len(), 300);
        for (word, id) in words.iter().zip(ids) {
            assert_eq!(texts.get(id), word);
        }
    }
}
