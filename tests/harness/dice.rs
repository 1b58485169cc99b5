//! Numbers that are the same in each run.

/// The generator xorshift.
#[derive(Clone, Debug)]
pub(crate) struct Dice(u64);

impl Dice {
    /// The numbers that follow from `seed`.
    pub(crate) fn of(seed: u64) -> Self {
        // From nothing it makes nothing, and from little at first only little.
        let mut dice = Self((seed ^ 0x9e37_79b9_7f4a_7c15).max(1));
        for _ in 0..16 {
            dice.below(2);
        }
        dice
    }

    /// One of `0..end`.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        let end = u64::try_from(end).unwrap();
        usize::try_from(self.0.checked_rem(end).unwrap()).unwrap()
    }

    pub(crate) fn one_of<T: Clone>(&mut self, choices: &[T]) -> T {
        choices.get(self.below(choices.len())).unwrap().clone()
    }
}
