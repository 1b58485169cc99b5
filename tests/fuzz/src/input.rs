//! An input, read as choices.

/// The bytes of an input that were not read yet. Past its end everything is 0.
#[derive(Debug)]
pub struct Input<'a>(&'a [u8]);

impl<'a> Input<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn byte(&mut self) -> u8 {
        self.bytes(1).first().copied().unwrap_or(0)
    }

    pub fn short(&mut self) -> u16 {
        u16::from_be_bytes([self.byte(), self.byte()])
    }

    pub fn long(&mut self) -> u64 {
        (0..8).fold(0, |number, _| (number << 8) | u64::from(self.byte()))
    }

    pub fn size(&mut self) -> usize {
        usize::from(self.short())
    }

    /// One of `choices`, of which there are some.
    pub fn one_of<T: Copy>(&mut self, choices: &[T]) -> T {
        let at = usize::from(self.byte()).checked_rem(choices.len()).unwrap_or(0);
        *choices.get(at).expect("there are choices")
    }

    /// The next `length` bytes, or as many as are left.
    pub fn bytes(&mut self, length: usize) -> &'a [u8] {
        let (taken, left) = self.0.split_at(length.min(self.0.len()));
        self.0 = left;
        taken
    }

    pub fn rest(self) -> &'a [u8] {
        self.0
    }
}
