//! The text that a pattern is matched against: in parts, so that a path is never put together to be
//! looked at.

/// What is left to match of a text in parts.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Text<'a> {
    // INVARIANT: `first` is empty only when nothing is left.
    first: &'a str,
    later: [&'a str; 3],
}

impl<'a> Text<'a> {
    /// The path of an ARN.
    pub(crate) fn of(path: &'a str) -> Self {
        Self::parts([path, "", "", ""])
    }

    /// The path of a bucket.
    pub(crate) fn bucket(bucket: &'a str) -> Self {
        Self::parts(["repository/", bucket, "", ""])
    }

    /// What the paths of everything in a bucket begin with.
    pub(crate) fn within(bucket: &'a str) -> Self {
        Self::parts(["repository/", bucket, "/", ""])
    }

    /// What the paths of a bucket's objects under a prefix begin with.
    pub(crate) fn listing(bucket: &'a str, prefix: &'a str) -> Self {
        Self::parts(["repository/", bucket, "/object/", prefix])
    }

    /// Whether nothing is left.
    pub(crate) fn is_empty(&self) -> bool {
        self.first.is_empty()
    }

    /// Takes the next character.
    pub(crate) fn next(&mut self) -> Option<char> {
        let mut characters = self.first.chars();
        let next = characters.next()?;
        self.advance(characters.as_str());
        Some(next)
    }

    /// Goes on to where the next `wanted` stands, if there is one.
    pub(crate) fn seek(&mut self, wanted: char) -> bool {
        while !self.is_empty() {
            if let Some(rest) = self.first.find(wanted).and_then(|at| self.first.get(at..)) {
                self.first = rest;
                return true;
            }
            self.advance("");
        }
        false
    }

    /// Takes `literal` off the front and gives what is left of *it*: nothing when all of it was
    /// there, its end when the text ended first. Absent when the two differ; the text is then of no
    /// further use.
    pub(crate) fn strip<'b>(&mut self, literal: &'b str) -> Option<&'b str> {
        let mut wanted = literal;
        while !wanted.is_empty() && !self.is_empty() {
            if let Some(rest) = self.first.strip_prefix(wanted) {
                self.advance(rest);
                return Some("");
            }
            wanted = wanted.strip_prefix(self.first)?;
            self.advance("");
        }
        Some(wanted)
    }

    /// What is left, in its parts.
    pub(crate) fn left(self) -> [&'a str; 4] {
        let [second, third, fourth] = self.later;
        [self.first, second, third, fourth]
    }

    fn parts([first, later @ ..]: [&'a str; 4]) -> Self {
        let mut text = Self { first, later };
        text.advance(first);
        text
    }

    fn advance(&mut self, rest: &'a str) {
        self.first = rest;
        for later in &mut self.later {
            if !self.first.is_empty() {
                return;
            }
            self.first = std::mem::take(later);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_listing_reads_as_one_path() {
        let mut text = Text::listing("lake", "a/ö");
        let mut read = String::new();
        while let Some(next) = text.next() {
            read.push(next);
        }
        assert_eq!(read, "repository/lake/object/a/ö");
    }

    proptest! {
        #[test]
        fn parts_do_not_show(parts in proptest::array::uniform4("[aö]{0,3}"), skipped in 0_usize..6, literal in "[aö]{0,6}") {
            let whole = parts.concat();
            let mut left = Text::parts(parts.each_ref().map(String::as_str));
            let mut expected = Text::of(&whole);
            for _ in 0..skipped {
                prop_assert_eq!(left.next(), expected.next());
            }
            let (mut sought, mut expected_sought) = (left, expected);
            prop_assert_eq!(sought.seek('ö'), expected_sought.seek('ö'));
            prop_assert_eq!(sought.next(), expected_sought.next());
            prop_assert_eq!(left.strip(&literal), expected.strip(&literal));
            prop_assert_eq!(left.is_empty(), expected.is_empty());
        }
    }
}
