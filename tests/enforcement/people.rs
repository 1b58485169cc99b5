//! Random people of a small world, so that what they may do and what they ask for often meet.

use serde_json::{Map, Value, json};

use crate::harness::{Key, dice::Dice, site::admin};

/// Who asks.
#[derive(Clone, Debug)]
pub(crate) struct Person {
    pub(crate) name: String,
    pub(crate) key: Key,
    pub(crate) is_disabled: bool,
}

/// Identities as `apply` reads them, and everybody in them who has a key.
pub(crate) fn people(dice: &mut Dice) -> (Value, Vec<Person>) {
    let policies: Vec<_> = (0..POLICIES)
        .map(|number| {
            let statements: Vec<_> = (0..=dice.below(3)).map(|_| statement(dice)).collect();
            json!({"id": format!("P{number}"), "statement": statements})
        })
        .collect();
    let groups: Vec<_> = (0..GROUPS)
        .map(|number| json!({"id": format!("g{number}"), "policies": held(dice, "P", POLICIES, 2)}))
        .collect();
    let mut people: Vec<_> = (0..PEOPLE).map(person).collect();
    let mut users: Vec<_> = people
        .iter()
        .map(|person| {
            let mut groups = held(dice, "g", GROUPS, 1);
            if dice.below(8) == 0 {
                groups.push(dice.one_of(&["Viewers", "Developers", "SuperUsers"]).to_owned());
            }
            user(person, &groups, &held(dice, "P", POLICIES, 4))
        })
        .collect();
    let off = Person { is_disabled: true, ..person(PEOPLE) };
    let mut disabled = user(&off, &["Admins".to_owned()], &[]);
    disabled["enabled"] = json!(false);
    let admin = Person { name: "admin".to_owned(), key: admin(), is_disabled: false };
    users.extend([disabled, user(&admin, &["Admins".to_owned()], &[])]);
    people.extend([off, admin]);
    (json!({"policies": policies, "groups": groups, "users": users}), people)
}

fn person(number: usize) -> Person {
    let key = Key::new(
        &format!("TESTPERSON{number:06}"),
        &format!("secret-of-person-{number:06}-abcdefghijklmnop"),
    );
    Person { name: format!("u{number}"), key, is_disabled: false }
}

fn user(person: &Person, groups: &[String], policies: &[String]) -> Value {
    let Key { id, secret } = &person.key;
    json!({
        "id": person.name,
        "groups": groups,
        "policies": policies,
        "credentials": [{"access_key_id": id, "secret_access_key": secret}],
    })
}

/// Up to `most` different ones of `count` that are named so.
fn held(dice: &mut Dice, name: &str, count: usize, most: usize) -> Vec<String> {
    let mut names: Vec<_> =
        (0..dice.below(most + 1)).map(|_| format!("{name}{}", dice.below(count))).collect();
    names.sort();
    names.dedup();
    names
}

fn statement(dice: &mut Dice) -> Value {
    let effect = if dice.below(7) == 0 { "deny" } else { "allow" };
    let some = |dice: &mut Dice, choices: &[&str]| -> Vec<String> {
        (0..=dice.below(2)).map(|_| dice.one_of(choices).to_owned()).collect()
    };
    let mut made = Map::new();
    made.insert("effect".to_owned(), json!(effect));
    made.insert("action".to_owned(), json!(some(dice, ACTIONS)));
    made.insert("resource".to_owned(), json!(some(dice, RESOURCES)));
    if dice.below(3) == 0 {
        made.insert("condition".to_owned(), condition(dice));
    }
    Value::Object(made)
}

fn condition(dice: &mut Dice) -> Value {
    let (operator, key, value) = dice.one_of(CONDITIONS);
    json!({operator: {key: [value]}})
}

const PEOPLE: usize = 24;
const POLICIES: usize = 30;
const GROUPS: usize = 6;

const ACTIONS: &[&str] = &[
    "fs:*",
    "fs:*",
    "fs:Read*",
    "fs:List*",
    "fs:Write*",
    "fs:*Object",
    "fs:*Version",
    "fs:ReadObject",
    "fs:ReadObjectVersion",
    "fs:WriteObject",
    "fs:DeleteObject",
    "fs:DeleteObjectVersion",
    "fs:ListObjects",
    "fs:ListObjectVersions",
    "fs:ListBranches",
    "fs:ListRepositories",
    "fs:ReadRepository",
    "fs:*Repository",
    "fs:*Repository",
    "fs:*ObjectTags",
    "fs:ReadObjectAcl",
];

const RESOURCES: &[&str] = &[
    "*",
    "arn:lakefs:fs:::*",
    "arn:lakefs:fs:::repository/*",
    "arn:lakefs:fs:::repository/l*",
    "arn:lakefs:fs:::repository/lake",
    "arn:lakefs:fs:::repository/pond",
    "arn:lakefs:fs:::repository/lake/*",
    "arn:lakefs:fs:::repository/lake/object/*",
    "arn:lakefs:fs:::repository/lake/object/?*",
    "arn:lakefs:fs:::repository/pond/object/*",
    "arn:lakefs:fs:::repository/*/object/team-?/*",
    "arn:lakefs:fs:::repository/lake/object/team-a/*",
    "arn:lakefs:fs:::repository/lake/object/team-a/closed/*",
    "arn:lakefs:fs:::repository/*/object/home/${user}/*",
    "arn:lakefs:fs:::repository/lake/object/*.csv",
    "arn:lakefs:fs:::repository/lake/object/a",
    "arn:lakefs:fs:::repository/lake2/object/b",
];

const CONDITIONS: &[(&str, &str, &str)] = &[
    ("IpAddress", "SourceIp", "10.0.0.0/8"),
    ("IpAddress", "aws:SourceIp", "2001:db8::/32"),
    ("NotIpAddress", "SourceIp", "127.0.0.0/8"),
    ("StringEquals", "Prefix", "team-a/"),
    ("StringLike", "s3:prefix", "team-*"),
    ("StringLike", "Prefix", "team-b/*"),
    ("StringNotLike", "Prefix", "home/*"),
    ("Null", "Prefix", "true"),
    ("StringEquals", "Delimiter", "/"),
    ("StringNotEquals", "s3:delimiter", "/"),
    ("StringLike", "UserAgent", "Spark/*"),
    ("StringNotLike", "aws:UserAgent", "curl/*"),
    ("StringEqualsIfExists", "UserAgent", "curl/8"),
    ("Bool", "SecureTransport", "false"),
    ("Bool", "aws:SecureTransport", "true"),
];
