//! Witnesses: one request that stands for many, such as somebody could send.

use crate::{
    action::Action,
    action_set::ActionSet,
    language::{Glob, Search, TooEntangled},
    operation::{Level, Need, Row},
    operations::OPERATIONS,
    region::Region,
    requirement::{Requirement, Target},
    resource::Resource,
    touch::Touch,
};

/// One of `actions` on a resource of `region`, if it has any: the likeliest to be asked.
pub(crate) fn witness(
    actions: &ActionSet,
    region: &Region,
    search: &mut Search,
) -> Result<Option<Requirement>, TooEntangled> {
    let mut actions: Vec<Action> = actions.iter().collect();
    // Among themselves they keep their order.
    actions.sort_by_key(|action| rank(*action));
    let mut tried = None;
    for action in &actions {
        let touch = Touch::of(*action);
        if tried.replace(touch) == Some(touch) && !is_done_to_all(*action) {
            continue;
        }
        if let Some(resource) = likely(*action, region, search)? {
            return Ok(Some(Requirement::new(*action, resource)));
        }
    }
    let found = region.sample(&[], &[], search)?;
    Ok(found.zip(actions.first()).map(|(found, action)| Requirement::new(*action, found)))
}

/// `requirement` as the S3 request that needs it alone, if there is a plain one, such as
/// `s3:GetObject s3://lake/a`.
pub fn s3_words(requirement: &Requirement) -> Option<String> {
    let row = row(requirement.action)?;
    let is_plain = row.needs.iter().any(|need| match need {
        Need::One(action) | Need::Version { current: action, .. } => *action == requirement.action,
        Need::IfVersion(_)
        | Need::Each { .. }
        | Need::Source { .. }
        | Need::Listing(_)
        | Need::Folders { .. } => false,
    });
    let Target::One(Resource::Arn { service: "fs", path }) = &requirement.target else {
        return None;
    };
    let path = path.strip_prefix("repository/").filter(|_| is_plain)?;
    let (bucket, key) = match row.level {
        Level::Service => return None,
        Level::Bucket => (path, ""),
        Level::Object => path.split_once("/object/").filter(|(_, key)| !key.is_empty())?,
    };
    let slash = if key.is_empty() { "" } else { "/" };
    (!bucket.is_empty() && !bucket.contains('/'))
        .then(|| format!("s3:{} s3://{bucket}{slash}{key}", row.name))
}

/// A resource of `region` such as `action` is done to.
fn likely(
    action: Action,
    region: &Region,
    search: &mut Search,
) -> Result<Option<Resource>, TooEntangled> {
    let (fs, auth) = (|path| Glob::of("fs", path), |path| Glob::of("auth", path));
    let shape = match Touch::of(action) {
        Touch::Object => {
            let object = [fs("repository/???*/object/?*")];
            // In the name of a bucket there is no slash.
            let plain = region.sample(&object, &[fs("repository/*/*/object/*")], search)?;
            if plain.is_some() {
                return Ok(plain);
            }
            object
        }
        Touch::Bucket | Touch::Listing => {
            return region.sample(&[fs("repository/???*")], &[fs("repository/*/*")], search);
        }
        _ if is_done_to_all(action) => return Ok(region.has_all().then_some(Resource::All)),
        Touch::User => [auth("user/?*")],
        Touch::Group => [auth("group/?*")],
        Touch::Policy => [auth("policy/?*")],
        Touch::All | Touch::Identity | Touch::Fs | Touch::Any => [Glob::of(action.service(), "*")],
    };
    region.sample(&shape, &[], search)
}

/// In which order witnesses are looked for: what most people ask for first.
fn rank(action: Action) -> u8 {
    match Touch::of(action) {
        Touch::Object => 0,
        Touch::Bucket => 1,
        Touch::Listing => 2,
        Touch::User | Touch::Group | Touch::Policy => 3,
        Touch::All | Touch::Identity | Touch::Fs | Touch::Any => 4,
    }
}

// Whoever may list all buckets sees them all.
fn is_done_to_all(action: Action) -> bool {
    Touch::of(action) == Touch::All || action == Action::LIST_REPOSITORIES
}

/// The plainest operation that needs `action`.
fn row(action: Action) -> Option<&'static Row> {
    let needs = |row: &&Row| {
        row.needs.iter().any(|need| match need {
            Need::One(needed) | Need::Listing(needed) => *needed == action,
            Need::Version { current, version } | Need::Each { current, version } => {
                [*current, *version].contains(&action)
            }
            // It needs more than that, on another object.
            Need::Source { .. } => false,
            Need::Folders { top, below } => [*top, *below].contains(&action),
            Need::IfVersion(_) => false,
        })
    };
    let rows = OPERATIONS.iter().map(|operation| operation.row());
    rows.filter(needs).min_by_key(|row| row.marks.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(action: Action, resource: Resource) -> Option<String> {
        s3_words(&Requirement::new(action, resource))
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
        assert_eq!(
            words(Action::CREATE_REPOSITORY, Resource::bucket("lake")).unwrap(),
            "s3:CreateBucket s3://lake"
        );
    }

    #[test]
    fn what_no_plain_request_asks_for_has_no_s3_words() {
        assert_eq!(words(Action::READ_OBJECT, Resource::bucket("lake")), None);
        assert_eq!(words(Action::READ_OBJECT, Resource::object("lake", "")), None);
        assert_eq!(words(Action::READ_OBJECT, Resource::All), None);
        assert_eq!(words(Action::READ_OBJECT_VERSION, Resource::object("lake", "a")), None);
        assert_eq!(words(Action::CREATE_REPOSITORY, Resource::object("lake", "a")), None);
        assert_eq!(words(Action::LIST_OBJECTS, Resource::bucket("lake")), None);
        assert_eq!(words(Action::READ_USER, Resource::user("alice")), None);
    }
}
