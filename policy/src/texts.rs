//! Texts to try things with, which the tests of all test programs share.

/// Every text that begins with `prefix` and goes on for up to `length` of `letters`, shorter ones first.
pub(crate) fn texts(prefix: &str, length: usize, letters: &[&str]) -> Vec<String> {
    let mut texts = vec![prefix.to_owned()];
    let mut longest = texts.clone();
    for _ in 0..length {
        longest = longest
            .iter()
            .flat_map(|text| letters.iter().map(move |letter| format!("{text}{letter}")))
            .collect();
        texts.extend(longest.iter().cloned());
    }
    texts
}
