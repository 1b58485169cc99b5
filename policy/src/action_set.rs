//! Sets of actions: what the action patterns of a statement come to, worked out once.

use crate::{
    action::{ACTIONS, Action, SERVICES},
    fault::Reason,
    nearest::nearest,
    pattern::Pattern,
    text::Text,
};

/// Some of the known actions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ActionSet {
    words: [u128; 2],
}

impl ActionSet {
    /// The actions that `source` matches: a name such as `fs:ReadObject`, or one with `*` and `?`
    /// after its colon.
    ///
    /// # Errors
    ///
    /// [`Reason::MalformedAction`] when it is no `service:Name`, and a reason with the nearest
    /// known action when it matches none.
    pub(crate) fn parse(source: &str) -> Result<Self, Reason> {
        let malformed = || Reason::MalformedAction(source.to_owned());
        let (service, name) = source.split_once(':').ok_or_else(malformed)?;
        if service.is_empty() || name.is_empty() || name.contains([':', '$']) {
            return Err(malformed());
        }
        let is_pattern = name.contains(['*', '?']);
        if is_pattern && !SERVICES.contains(&service) {
            return Err(Reason::UnknownActionService { found: service.to_owned() });
        }
        let mut matched = Self::default();
        if SERVICES.contains(&service) {
            let pattern = Pattern::parse(source)?;
            for action in
                ACTIONS.iter().filter(|action| pattern.matches(Text::of(action.name()), ""))
            {
                matched.insert(*action);
            }
        }
        if matched == Self::default() {
            let found = source.to_owned();
            let nearest = nearest(source, ACTIONS.iter().map(|action| action.name()));
            let reason = if is_pattern {
                Reason::MatchesNoAction { found, nearest }
            } else {
                Reason::UnknownAction { found, nearest }
            };
            return Err(reason);
        }
        Ok(matched)
    }

    /// Whether `action` is one of them.
    pub(crate) fn contains(&self, action: Action) -> bool {
        let (word, bit) = place(action);
        self.words.get(word).is_some_and(|word| word & bit != 0)
    }

    /// Whether all of `other` are among them.
    pub(crate) fn covers(&self, other: &Self) -> bool {
        self.words.iter().zip(other.words).all(|(word, other)| other & !word == 0)
    }

    /// Adds all of `other`.
    pub(crate) fn extend(&mut self, other: Self) {
        for (word, more) in self.words.iter_mut().zip(other.words) {
            *word |= more;
        }
    }

    /// Whether one of them is done to a bucket or to something in it.
    ///
    /// Identities, catalogs and storage outside any bucket are not there, so that leave to manage
    /// users, or to read the configuration, shows no bucket.
    pub(crate) fn concerns_buckets(&self) -> bool {
        let is_elsewhere = |action: &Action| {
            matches!(action.service(), "auth" | "catalog") || ELSEWHERE.contains(action)
        };
        self.iter().any(|action| !is_elsewhere(&action))
    }

    /// Its actions, in the order of [`ACTIONS`].
    pub(crate) fn iter(&self) -> impl Iterator<Item = Action> {
        ACTIONS.iter().copied().filter(|action| self.contains(*action))
    }

    /// Patterns that match its actions and no others: `fs:*` for all of a service, `fs:Read*` for
    /// all that begin with the same word.
    pub(crate) fn patterns(&self) -> Vec<String> {
        let mut patterns: Vec<String> = Vec::new();
        for action in self.iter() {
            let service = format!("{}:*", action.service());
            let word = format!("{}*", first_word(action.name()));
            let is_within = |pattern: &String| {
                Self::parse(pattern)
                    .is_ok_and(|matched| matched.iter().all(|action| self.contains(action)))
            };
            let is_some = |pattern: &String| {
                Self::parse(pattern).is_ok_and(|matched| matched.iter().count() > 1)
            };
            let pattern =
                [service, word].into_iter().find(|pattern| is_some(pattern) && is_within(pattern));
            let pattern = pattern.unwrap_or_else(|| action.name().to_owned());
            if !patterns.contains(&pattern) {
                patterns.push(pattern);
            }
        }
        patterns
    }

    /// Adds `action`.
    pub(crate) fn insert(&mut self, action: Action) {
        let (word, bit) = place(action);
        if let Some(word) = self.words.get_mut(word) {
            *word |= bit;
        }
    }
}

impl FromIterator<Action> for ActionSet {
    fn from_iter<I: IntoIterator<Item = Action>>(actions: I) -> Self {
        let mut set = Self::default();
        for action in actions {
            set.insert(action);
        }
        set
    }
}

// With the service: `fs:Read` of `fs:ReadObject`.
fn first_word(name: &str) -> &str {
    let after = name.find(':').map_or(0, |colon| colon.saturating_add(2));
    let end =
        name.char_indices().find(|(index, character)| *index >= after && character.is_uppercase());
    end.and_then(|(end, _)| name.get(..end)).unwrap_or(name)
}

fn place(action: Action) -> (usize, u128) {
    let index = action.index();
    (usize::from(index >> 7), 1_u128.wrapping_shl(u32::from(index)))
}

// Actions of `fs` whose resource is never a bucket's.
const ELSEWHERE: &[Action] =
    &[Action::READ_CONFIG, Action::ATTACH_STORAGE_NAMESPACE, Action::IMPORT_FROM_STORAGE];

#[cfg(test)]
mod tests {
    use super::*;

    fn names(source: &str) -> Vec<&'static str> {
        let set = ActionSet::parse(source).unwrap();
        ACTIONS.iter().filter(|action| set.contains(**action)).map(|action| action.name()).collect()
    }

    fn refusal(source: &str) -> String {
        ActionSet::parse(source).unwrap_err().to_string()
    }

    #[test]
    fn every_action_is_a_set_of_itself() {
        for action in ACTIONS {
            assert_eq!(names(action.name()), [action.name()]);
            assert_eq!(Action::parse(action.name()), Some(*action));
        }
    }

    #[test]
    fn a_pattern_is_the_actions_it_matches() {
        assert_eq!(
            names("pr:*"),
            ["pr:ReadPullRequest", "pr:WritePullRequest", "pr:ListPullRequests"]
        );
        assert_eq!(names("fs:?eadObject"), ["fs:ReadObject"]);
        assert_eq!(names("ci:*"), ["ci:ReadAction"]);
        assert!(names("fs:*").iter().all(|name| name.starts_with("fs:")));
    }

    #[test]
    fn h08_what_is_no_service_and_name_is_refused() {
        for source in
            ["*", "", ":", "fs", "fs:", ":ReadObject", "fs:Read:Object", "fs:Read${user}Object"]
        {
            assert_eq!(ActionSet::parse(source), Err(Reason::MalformedAction(source.to_owned())));
        }
        assert!(
            refusal("*:*").starts_with("unknown service `*` of an action; known are `fs`, `auth`")
        );
    }

    #[test]
    fn h08_an_unknown_action_is_refused_with_the_nearest_known_one() {
        assert_eq!(
            refusal("fs:ReadObjct"),
            "unknown action `fs:ReadObjct`; the nearest known one is `fs:ReadObject`"
        );
        assert_eq!(
            refusal("FS:readobject"),
            "unknown action `FS:readobject`; the nearest known one is `fs:ReadObject`"
        );
        assert_eq!(
            refusal("s3:GetObject"),
            "unknown action `s3:GetObject`; the nearest known one is `fs:ReadObject`"
        );
        assert_eq!(
            refusal("auth:LsitUsers"),
            "unknown action `auth:LsitUsers`; the nearest known one is `auth:ListUsers`"
        );
        assert!(
            refusal("fs:read*")
                .starts_with("no action matches `fs:read*`; the nearest known one is `fs:Read")
        );
    }

    #[test]
    fn patterns_fold_what_is_whole_and_nothing_else() {
        let fold = |sources: &[&str]| {
            let mut set = ActionSet::default();
            for source in sources {
                set.extend(ActionSet::parse(source).unwrap());
            }
            set.patterns()
        };
        assert_eq!(fold(&["fs:*"]), ["fs:*"]);
        assert_eq!(fold(&["fs:Read*", "pr:ReadPullRequest"]), ["fs:Read*", "pr:ReadPullRequest"]);
        assert_eq!(fold(&["fs:ReadObject", "fs:WriteObject"]), ["fs:ReadObject", "fs:WriteObject"]);
        assert_eq!(fold(&["ci:*"]), ["ci:ReadAction"]);
    }

    #[test]
    fn leave_for_identities_or_configuration_concerns_no_bucket() {
        for source in ["auth:*", "fs:ReadConfig", "fs:AttachStorageNamespace"] {
            assert!(!ActionSet::parse(source).unwrap().concerns_buckets(), "{source}");
        }
        for source in ["fs:*", "fs:Read*", "ci:*", "fs:ListRepositories"] {
            assert!(ActionSet::parse(source).unwrap().concerns_buckets(), "{source}");
        }
    }
}
