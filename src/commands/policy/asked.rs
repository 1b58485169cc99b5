//! What a command line asks: files, an action and a resource.

use std::path::PathBuf;

use policy::{Facts, Question, SERVICES};

use crate::{cli::Asking, commands::Failure};

/// The words of a command line, told apart.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Asked<'a> {
    /// The files; none where the store is asked.
    pub(crate) files: Vec<PathBuf>,
    /// The action.
    pub(crate) action: &'a str,
    /// The resource.
    pub(crate) resource: &'a str,
}

impl<'a> Asked<'a> {
    /// Tells the words of `asking` apart: an action with the resource behind it stands before the files or after them.
    ///
    /// # Errors
    ///
    /// [`Failure::Wrong`] when one of the three is missing, or stands where another belongs, and when there are files and
    /// a store, or neither.
    pub(crate) fn of(asking: &'a Asking) -> Result<Self, Failure> {
        let words: Vec<&str> = asking.words.iter().map(String::as_str).collect();
        let usage = |reason: String| {
            let usage = "write FILE… or --config FILE, and an action with its resource";
            Failure::wrong("policy", format!("{reason}{usage}"))
        };
        let place = place(&words);
        let Some(&[action, resource]) = words.get(place..place.saturating_add(2)) else {
            return Err(usage(String::new()));
        };
        let before = words.iter().take(place);
        let files: Vec<&str> =
            before.chain(words.iter().skip(place.saturating_add(2))).copied().collect();
        if let Some(word) = files.iter().find(|word| is_action(word) || is_resource(word)) {
            return Err(usage(format!("`{word}` stands where a file belongs: ")));
        }
        match (files.first(), &asking.config) {
            (None, None) => return Err(usage("there is no file and no --config: ".to_owned())),
            (Some(file), Some(_)) => {
                return Err(usage(format!("there are files, such as `{file}`, and --config: ")));
            }
            (None, Some(_)) | (Some(_), None) => {}
        }
        Ok(Self { files: files.into_iter().map(PathBuf::from).collect(), action, resource })
    }

    /// The question, with the facts that `asking` notes.
    ///
    /// # Errors
    ///
    /// [`Failure::Wrong`] for what cannot be asked.
    pub(crate) fn question(&self, asking: &Asking) -> Result<Question, Failure> {
        let mut facts = Facts::default();
        for fact in &asking.context {
            let Some((key, value)) = fact.split_once('=') else {
                let reason = format!("`{fact}` is not KEY=VALUE, such as SourceIp=10.0.0.1");
                return Err(Failure::wrong("--context", reason));
            };
            facts
                .note(key, value)
                .map_err(|error| Failure::wrong("--context", error.to_string()))?;
        }
        Question::parse(self.action, self.resource, facts).map_err(|fault| {
            let origin = if fault.path == "context" { "--context" } else { &fault.path };
            Failure::wrong(origin, fault.reason)
        })
    }
}

/// Where in `words` the action stands: where one is, with a resource behind it; else where one of the two is; else before
/// the last word.
fn place(words: &[&str]) -> usize {
    let pair = words.windows(2).position(
        |pair| matches!(pair, [action, resource] if is_action(action) && is_resource(resource)),
    );
    let last = words.len().saturating_sub(2);
    let action = || words.iter().take(last.saturating_add(1)).position(|word| is_action(word));
    let resource = || words.iter().skip(1).position(|word| is_resource(word));
    pair.or_else(action).or_else(resource).unwrap_or(last)
}

/// Whether `word` is in the form of an action: `fs:…`, `S3:…`.
fn is_action(word: &str) -> bool {
    word.split_once(':').is_some_and(|(service, name)| {
        let is_service =
            SERVICES.iter().chain(&["s3"]).any(|known| known.eq_ignore_ascii_case(service));
        is_service && !name.starts_with('/')
    })
}

/// Whether `word` is in the form of a resource.
fn is_resource(word: &str) -> bool {
    word == "*" || word.starts_with("s3://") || word.starts_with("arn:")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_action_with_its_resource_stands_before_the_files_or_after_them() {
        for (words, expected) in [
            ("a.yaml fs:ReadObject *", 1),
            ("fs:ReadObject * a.yaml", 0),
            ("a.yaml s3:GetObject s3://lake/x b.yaml", 1),
            ("s3:GetObject lake/x a.yaml", 0),
            ("a.yaml s3:GetObject lake/x", 1),
            ("GetObject s3://lake/x a.yaml", 0),
            ("a.yaml GetObject s3://lake/x", 1),
            ("a.yaml GetObject lake/x", 1),
            ("fs:ReadObject *", 0),
            ("s3://lake/x s3:GetObject", 0),
            ("fs:ReadObject", 0),
        ] {
            let words: Vec<_> = words.split(' ').collect();
            assert_eq!(place(&words), expected, "{words:?}");
        }
    }
}
