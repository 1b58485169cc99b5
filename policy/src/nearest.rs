//! What somebody may have meant.

/// The text of `known` that is most like `found`, whatever the case: the first of several, empty when there is none.
pub(crate) fn nearest<T: AsRef<str>>(found: &str, known: impl IntoIterator<Item = T>) -> String {
    let wanted = found.to_ascii_lowercase();
    let distance =
        |text: &T| strsim::damerau_levenshtein(&text.as_ref().to_ascii_lowercase(), &wanted);
    let nearest = known.into_iter().min_by_key(distance);
    nearest.map(|text| text.as_ref().to_owned()).unwrap_or_default()
}
