//! Random policies and requests over a few letters, so that most patterns nearly match.

use policy::{Document, Effect, Statement};

use crate::{
    conditions::Facts,
    dice::Dice,
    evaluator::{Asked, Asker},
    facts,
};

/// What is asked of one set of policies.
#[derive(Clone, Debug)]
pub(crate) struct Case<'a> {
    pub(crate) asker: Asker<'a>,
    pub(crate) action: &'static str,
    pub(crate) target: Asked,
    pub(crate) bucket: &'static str,
}

/// Some policies, each under a name of its own.
pub(crate) fn policies(dice: &mut Dice) -> Vec<(String, Document)> {
    let documents = dice.some(3, |dice| {
        // Those of many are looked up by their literals.
        let most = if dice.percent(20) { 16 } else { 4 };
        Document { statement: dice.some(most, statement) }
    });
    documents.into_iter().enumerate().map(|(at, document)| (format!("P{at}"), document)).collect()
}

/// A request to holders of `policies`.
pub(crate) fn case<'a>(dice: &mut Dice, policies: &'a [(String, Document)]) -> Case<'a> {
    let user = dice.one_of(USERS);
    let (action, target) = request(dice, user);
    let asker = Asker { user, policies, facts: facts(dice, &target) };
    Case { asker, action, target, bucket: dice.one_of(BUCKETS) }
}

pub(crate) fn statement(dice: &mut Dice) -> Statement {
    Statement {
        action: dice.some(3, |dice| dice.one_of(ACTIONS).to_owned()),
        effect: if dice.percent(30) { Effect::Deny } else { Effect::Allow },
        resource: dice.some(2, resource),
        condition: if dice.percent(50) { facts::conditions(dice) } else { [].into() },
    }
}

fn request(dice: &mut Dice, user: &str) -> (&'static str, Asked) {
    let bucket = dice.one_of(BUCKETS);
    let one = |path: String| Asked::One(format!("arn:lakefs:{path}"));
    let (actions, target): (&[_], _) = match dice.below(10) {
        0..=3 => {
            let key = if dice.percent(15) { format!("{user}/a") } else { text(dice, 1, 3) };
            (OF_OBJECTS, one(format!("fs:::repository/{bucket}/object/{key}")))
        }
        4..=6 => {
            let prefix = if dice.percent(15) { format!("{user}/") } else { text(dice, 0, 2) };
            (OF_LISTINGS, Asked::Listing { bucket: bucket.to_owned(), prefix })
        }
        7 => (OF_BUCKETS, one(format!("fs:::repository/{bucket}"))),
        8 => (OF_ALL, Asked::One("*".to_owned())),
        _ => {
            let name = if dice.percent(50) { user } else { dice.one_of(USERS) };
            (OF_USERS, one(format!("auth:::user/{name}{}", dice.one_of(&["", "", "a"]))))
        }
    };
    (dice.one_of(actions), target)
}

fn facts(dice: &mut Dice, target: &Asked) -> Facts {
    let mut facts = facts::facts(dice);
    if let Asked::Listing { prefix, .. } = target {
        facts.prefix = Some(prefix.clone());
    }
    facts
}

fn resource(dice: &mut Dice) -> String {
    let bucket = dice.one_of(BUCKETS);
    let path = match dice.below(16) {
        0..=3 => return "*".to_owned(),
        4 => format!("fs:::repository/{}", pattern(dice, 1, 3)),
        5 => format!("fs:::repository/{bucket}"),
        6 => format!("fs:eu-west-1::repository/{bucket}/object/*"),
        7 | 8 => format!("fs:::repository/{bucket}/object/{}", pattern(dice, 0, 4)),
        9..=11 => format!("fs:::repository/{bucket}/object/{}*", pattern(dice, 0, 3)),
        12 => format!("fs:::repository/{}/object/{}", pattern(dice, 1, 2), pattern(dice, 1, 3)),
        13 => format!("fs:::{}/{bucket}*", dice.one_of(&["repositor?", "rep*", "*", "repository"])),
        14 => format!("auth:::user/{}", dice.one_of(&["${user}", "*", "${user}?", "a", "a*", "?"])),
        _ => format!("{}:::*", dice.one_of(&["auth", "fs", "ci"])),
    };
    format!("arn:lakefs:{path}")
}

/// Plain text, in which wildcards stand for themselves.
fn text(dice: &mut Dice, least: usize, most: usize) -> String {
    let length = least + dice.below(most - least + 1);
    (0..length).map(|_| dice.one_of(&["a", "a", "b", "/", "ö", "*", "?", "$"])).collect()
}

fn pattern(dice: &mut Dice, least: usize, most: usize) -> String {
    let length = least + dice.below(most - least + 1);
    (0..length).map(|_| dice.one_of(&["a", "a", "b", "/", "ö", "*", "*", "?", "${user}"])).collect()
}

/// Some that no user may have, which holds for nothing but the writing of names.
const USERS: &[&str] =
    &["a", "b", "ab", "alice", "ö", "a/b", "*", "?", "a*", "${user}", "user", "A"];
const BUCKETS: &[&str] = &["a", "b", "ab"];
const ACTIONS: &[&str] = &[
    "fs:*",
    "fs:*",
    "fs:Read*",
    "fs:List*",
    "fs:List*",
    "auth:*",
    "fs:*Object",
    "fs:*Object*",
    "fs:?eadObject",
    "fs:ReadObject",
    "fs:WriteObject",
    "fs:ListObjects",
    "fs:ListRepositories",
    "fs:ReadRepository",
    "fs:ReadConfig",
    "auth:*",
    "auth:*User*",
    "auth:ReadUser",
    "ci:*",
    "fs:AttachStorageNamespace",
];
const OF_OBJECTS: &[&str] =
    &["fs:ReadObject", "fs:ReadObject", "fs:WriteObject", "fs:DeleteObjectVersion"];
const OF_LISTINGS: &[&str] =
    &["fs:ListObjects", "fs:ListObjects", "fs:ListBranches", "fs:ListObjectVersions"];
const OF_BUCKETS: &[&str] = &["fs:ReadRepository", "fs:ListObjects", "fs:ListRepositories"];
const OF_ALL: &[&str] = &["fs:ListRepositories", "fs:ReadConfig", "auth:ListUsers"];
const OF_USERS: &[&str] = &["auth:ReadUser", "auth:CreateCredentials"];
