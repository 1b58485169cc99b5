//! Witnesses: one request that stands for many, such as somebody could send.

use std::fmt;

use crate::{
    action::Action,
    action_set::ActionSet,
    condition::Facts,
    glob::Glob,
    operation::{Need, Row},
    operations::{OPERATIONS, Operation},
    question::Question,
    region::Region,
    requirement::{Requirement, Target},
    resource::{Kind, Resource},
    search::{Search, Space, TooEntangled},
    touch::Touch,
};

/// A request that shows a difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Witness {
    /// One that needs this.
    Request(Requirement),
    /// A list of all buckets, which has this bucket or not.
    Bucket(Resource),
}

impl Witness {
    /// It in the words of S3, such as `s3:GetObject s3://lake/a`, where one request needs nothing else.
    pub fn s3_words(&self) -> Option<String> {
        match self {
            Self::Request(requirement) => s3_words(requirement),
            Self::Bucket(bucket) => {
                let url = url(&bucket.clone().into())?;
                Some(format!("s3:{} {url}", Operation::ListBuckets))
            }
        }
    }
}

impl fmt::Display for Witness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Request(Requirement { action, target: Target::Listing { bucket, prefix } }) => {
                write!(f, "{action} under {}", Resource::object(bucket, prefix))
            }
            Self::Request(requirement) => requirement.fmt(f),
            Self::Bucket(bucket) => bucket.fmt(f),
        }
    }
}

/// One of `actions` on something of `region`, if it has anything: the likeliest to be asked.
pub(crate) fn witness(
    actions: &ActionSet,
    region: &Region,
    search: &mut Search,
) -> Result<Option<Witness>, TooEntangled> {
    let mut actions: Vec<Action> = actions.iter().collect();
    // Among themselves they keep their order.
    actions.sort_by_key(|action| rank(*action));
    let mut tried = None;
    for action in &actions {
        let touch = Touch::of(*action);
        if tried.replace(touch) == Some(touch) && !is_done_to_all(*action) {
            continue;
        }
        if let Some(found) = likely(*action, region, search)? {
            return Ok(Some(told(*action, region, found)));
        }
    }
    let found = region.sample(&[], &[], search)?;
    Ok(found.zip(actions.first()).map(|(found, action)| told(*action, region, found)))
}

fn told(action: Action, region: &Region, found: Target) -> Witness {
    match (region.space, found) {
        (Space::Buckets, Target::One(bucket)) => Witness::Bucket(bucket),
        (_, target) => Witness::Request(Requirement { action, target }),
    }
}

/// `requirement` as the S3 request that needs it and nothing else, if the gateway takes such a one: an operation and
/// a URL as [`Question::parse`] reads them, such as `s3:GetObject s3://lake/a`.
fn s3_words(requirement: &Requirement) -> Option<String> {
    let url = url(&requirement.target)?;
    let mut rows: Vec<&Row> = OPERATIONS.iter().map(|operation| operation.row()).collect();
    rows.retain(|row| row.needs.iter().any(|need| names(need, requirement.action)));
    rows.sort_by_key(|row| (row.operation != Operation::ListObjectsV2, row.marks.len()));
    let asks_for_it = |name: &String| {
        let question = Question::parse(name, &url, Facts::default());
        question.is_ok_and(|question| question.required.iter().eq([requirement]))
    };
    let name = rows.iter().flat_map(|row| said(row)).find(asks_for_it)?;
    Some(format!("{name} {url}"))
}

/// The words for a row's operation: by S3, and by IAM where a version may be named.
fn said(row: &Row) -> Vec<String> {
    let is_of_version = |need: &Need| matches!(need, Need::Version { .. });
    let plain = format!("s3:{}", row.name);
    let version = row.needs.iter().any(is_of_version).then(|| format!("{plain}Version"));
    [plain].into_iter().chain(version).collect()
}

/// `s3://bucket/key`, where `target` has such a name.
fn url(target: &Target) -> Option<String> {
    let (bucket, key) = match target {
        Target::One(resource) => {
            let (bucket, key) = resource.bucket_and_key()?;
            (bucket, key.unwrap_or_default())
        }
        Target::Listing { bucket, prefix } => (&**bucket, &**prefix),
    };
    let slash = if key.is_empty() { "" } else { "/" };
    Some(format!("s3://{bucket}{slash}{key}"))
}

/// Something of `region` such as `action` is done to.
fn likely(
    action: Action,
    region: &Region,
    search: &mut Search,
) -> Result<Option<Target>, TooEntangled> {
    let (fs, auth) = (|path| Glob::of("fs", path), |path| Glob::of("auth", path));
    let shape = match (region.space, Touch::of(action)) {
        (Space::Buckets, _) => [fs("repository/???*")],
        (Space::Listings, _) | (_, Touch::Listing) => [fs("repository/???*/object/*")],
        (Space::Resources, Touch::One(Kind::Object)) => {
            let object = [fs("repository/???*/object/?*")];
            // In the name of a bucket there is no slash.
            let plain = region.sample(&object, &[fs("repository/*/*/object/*")], search)?;
            if plain.is_some() {
                return Ok(plain);
            }
            object
        }
        (Space::Resources, Touch::One(Kind::Bucket)) => {
            return region.sample(&[fs("repository/???*")], &[fs("repository/*/*")], search);
        }
        (Space::Resources, _) if is_done_to_all(action) => {
            return Ok(region.has_all().then_some(Resource::All.into()));
        }
        (Space::Resources, Touch::One(Kind::User)) => [auth("user/?*")],
        (Space::Resources, Touch::One(Kind::Group)) => [auth("group/?*")],
        (Space::Resources, Touch::One(Kind::Policy)) => [auth("policy/?*")],
        (Space::Resources, Touch::All | Touch::Identity | Touch::Fs | Touch::Any) => {
            [Glob::of(action.service(), "*")]
        }
    };
    region.sample(&shape, &[], search)
}

/// In which order witnesses are looked for: what most people ask for first.
fn rank(action: Action) -> u8 {
    match Touch::of(action) {
        Touch::One(Kind::Object) => 0,
        Touch::One(Kind::Bucket) => 1,
        Touch::Listing => 2,
        Touch::One(Kind::User | Kind::Group | Kind::Policy) => 3,
        Touch::All | Touch::Identity | Touch::Fs | Touch::Any => 4,
    }
}

// Whoever may list all buckets sees them all.
fn is_done_to_all(action: Action) -> bool {
    Touch::of(action) == Touch::All || action == Action::LIST_REPOSITORIES
}

fn names(need: &Need, action: Action) -> bool {
    match *need {
        Need::One(named) | Need::Listing(named) => named == action,
        Need::IfVersion(_) | Need::Source { .. } => false,
        Need::Version { current, version } | Need::Each { current, version } => {
            [current, version].contains(&action)
        }
        Need::Folders { top, below } => [top, below].contains(&action),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::action::ACTIONS;

    fn words(action: Action, target: impl Into<Target>) -> Option<String> {
        s3_words(&Requirement::new(action, target))
    }

    #[test]
    fn a_requirement_is_said_as_the_plainest_request_that_needs_it() {
        for (action, key, expected) in [
            (Action::READ_OBJECT, "a/b", "s3:GetObject s3://lake/a/b"),
            (Action::WRITE_OBJECT, "a", "s3:PutObject s3://lake/a"),
            (Action::DELETE_OBJECT, "x/object/y", "s3:DeleteObject s3://lake/x/object/y"),
        ] {
            assert_eq!(words(action, Resource::object("lake", key)).unwrap(), expected);
        }
        for (action, prefix, expected) in [
            (Action::LIST_OBJECTS, "", "s3:ListObjectsV2 s3://lake"),
            (Action::LIST_OBJECTS, "secret/", "s3:ListObjectsV2 s3://lake/secret/"),
        ] {
            assert_eq!(words(action, Target::listing("lake", prefix)).unwrap(), expected);
        }
        let bucket = Resource::bucket("lake");
        assert_eq!(words(Action::CREATE_REPOSITORY, bucket).unwrap(), "s3:CreateBucket s3://lake");
        let version = words(Action::READ_OBJECT_VERSION, Resource::object("lake", "a"));
        assert_eq!(version.unwrap(), "s3:GetObjectVersion s3://lake/a");
    }

    #[test]
    fn what_no_request_asks_for_has_no_s3_words() {
        assert_eq!(words(Action::READ_OBJECT, Resource::bucket("lake")), None);
        assert_eq!(words(Action::READ_OBJECT, Resource::object("lake", "")), None);
        assert_eq!(words(Action::READ_OBJECT, Resource::All), None);
        assert_eq!(words(Action::CREATE_REPOSITORY, Resource::object("lake", "a")), None);
        assert_eq!(words(Action::LIST_OBJECTS, Resource::bucket("lake")), None);
        assert_eq!(words(Action::READ_USER, Resource::user("alice")), None);
    }

    #[test]
    fn a_key_that_another_reading_makes_another_has_no_s3_words() {
        for key in ["a/../b", "a//b", "./a"] {
            assert_eq!(words(Action::READ_OBJECT, Resource::object("lake", key)), None, "{key}");
        }
    }

    #[test]
    fn s3_words_are_those_of_a_request_that_the_gateway_takes_and_that_needs_nothing_else() {
        let targets = [
            Target::from(Resource::bucket("lake")),
            Resource::object("lake", "a/b").into(),
            Target::listing("lake", ""),
            Target::listing("lake", "a/"),
            Resource::All.into(),
            Resource::user("alice").into(),
        ];
        for action in ACTIONS {
            for target in &targets {
                let requirement = Requirement::new(*action, target.clone());
                let Some(words) = s3_words(&requirement) else { continue };
                let (name, url) = words.split_once(' ').unwrap();
                let question = Question::parse(name, url, Facts::default()).unwrap();
                assert!(question.required.iter().eq([&requirement]), "{words}");
            }
        }
        for row in OPERATIONS.iter().map(|operation| operation.row()) {
            for url in ["s3://lake", "s3://lake/a"] {
                let asked = Question::parse(&format!("s3:{}", row.name), url, Facts::default());
                let Ok(question) = asked else { continue };
                let required: Vec<_> = question.required.iter().collect();
                if let [requirement] = required[..] {
                    assert!(s3_words(requirement).is_some(), "{}", row.name);
                }
            }
        }
    }
}
