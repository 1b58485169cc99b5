//! `lakegate export`: the identities of the store, as a file that `apply` reads.

use std::io::{self, Write};

use serde_saphyr::{SerializeError, SerializerOptions};
use store::{Identities, Secrets};

use super::{Failure, snapshot};
use crate::config::Config;

/// Writes what is in the store of `config` to `out`: policies, groups, users, and credentials as `secrets` says, each by id.
///
/// # Errors
///
/// A [`Failure`] by its kind; nothing was written unless it is the stream's.
pub(crate) fn run(config: &Config, secrets: Secrets, out: &mut dyn Write) -> Result<(), Failure> {
    let held = snapshot::read(config)?;
    let text = text(&Identities::of(&held, secrets), secrets).map_err(io::Error::other)?;
    out.write_all(text.as_bytes())?;
    Ok(out.flush()?)
}

fn text(identities: &Identities, secrets: Secrets) -> Result<String, SerializeError> {
    let note = match secrets {
        Secrets::Omit => OMITTED,
        Secrets::Seal => SEALED,
    };
    let version = env!("CARGO_PKG_VERSION");
    let document = serde_saphyr::to_string_with_options(identities, options())?;
    Ok(format!(
        "# The identities of a store, for `lakegate apply`. Written by lakegate {version}.\n{PRESETS}{note}{document}"
    ))
}

fn options() -> SerializerOptions {
    // One line a text: what is folded is hard to compare, and to search.
    serde_saphyr::ser_options! { prefer_block_scalars: false }
}

const PRESETS: &str = "# Preset policies and groups stand here where they differ from a new store's, and not otherwise.\n";

const OMITTED: &str = "# Credentials are left out: a store that has them keeps them, and a new one has none until they are added.\n";

const SEALED: &str = "# Secrets are sealed: they open where auth.encrypt has the same secret, each for its own access key.\n";

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use policy::{Document, Draft, Effect, Statement, name};
    use proptest::{collection, option, prelude::*, sample::select};
    use sigv::{AccessKeyId, SecretKey};
    use store::{Credential, Group, Prune, Snapshot, Status, User, diff};
    use time::{OffsetDateTime, macros::datetime};

    use super::*;
    use crate::yaml;

    const NOW: OffsetDateTime = datetime!(2026-01-02 03:04:05 UTC);

    fn read(text: &str) -> Identities {
        yaml::read(text, "exported").unwrap_or_else(|fault| panic!("{fault}\n{text}"))
    }

    /// Texts that YAML takes for something else, and any others.
    fn awkward() -> impl Strategy<Value = String> {
        let known = select(vec![
            "yes",
            "no",
            "on",
            "Off",
            "true",
            "False",
            "null",
            "~",
            "1",
            "-1",
            "0x1f",
            "0o7",
            "1_000",
            "1e3",
            ".5",
            ".inf",
            ".nan",
            "2026-01-01",
            "2026-01-01T00:00:00Z",
            "12:30:45",
            "@all",
            "`tick`",
            "- a",
            "a: b",
            "a #b",
            "#a",
            "&a",
            "!a",
            "|",
            ">",
            "'",
            "\"",
            "[a]",
            "a,b",
            "<<",
            "=",
            "---",
            "...a",
            "-",
            ":",
            "a:",
            "Jürgen",
            "日本",
            "🦆",
        ]);
        prop_oneof![known.prop_map(str::to_owned), "[ -~]{1,12}", "\\PC{1,12}"]
    }

    fn names(kind: name::Kind) -> impl Strategy<Value = String> {
        awkward().prop_filter("it may not be a name", move |text| name::check(kind, text).is_ok())
    }

    fn text() -> impl Strategy<Value = Option<String>> {
        let texts = awkward()
            .prop_filter("it may not be a text", |text| !text.chars().any(char::is_control));
        option::of(texts)
    }

    fn document() -> impl Strategy<Value = Document> {
        let resource = prop_oneof![
            Just("*".to_owned()),
            awkward()
                .prop_filter("it would begin a variable", |text| !text.contains("${"))
                .prop_map(|text| format!("arn:lakefs:fs:::{text}")),
            Just("arn:lakefs:auth:::user/${user}".to_owned()),
        ];
        let condition = prop_oneof![
            Just(serde_json::json!({})),
            Just(serde_json::json!({"IpAddress": {"SourceIp": ["10.0.0.0/8", "::1"]}})),
            Just(serde_json::json!({"Bool": {"SecureTransport": ["true"]}})),
            Just(
                serde_json::json!({"DateLessThan": {"aws:CurrentTime": ["2026-01-01", "1767225600"]}})
            ),
            collection::vec(awkward(), 1..3).prop_filter_map(
                "it would begin a variable",
                |values| {
                    let is_plain = values.iter().all(|value| !value.contains("${"));
                    is_plain.then(|| serde_json::json!({"StringLike": {"UserAgent": values}}))
                }
            ),
        ];
        let statement = (
            collection::vec(select(vec!["fs:*", "fs:ReadObject", "auth:*", "ci:Read*"]), 1..3),
            any::<bool>(),
            collection::vec(resource, 1..3),
            condition,
        );
        let statement = statement.prop_map(|(action, allows, resource, condition)| Statement {
            action: action.into_iter().map(str::to_owned).collect(),
            effect: if allows { Effect::Allow } else { Effect::Deny },
            resource,
            condition: serde_json::from_value(condition).unwrap(),
        });
        collection::vec(statement, 1..3).prop_map(|statement| Document { statement })
    }

    fn time() -> impl Strategy<Value = OffsetDateTime> {
        // From the year 0 to the year 9999.
        (-62_167_219_200_i64..253_402_300_800, 0_i64..1_000_000_000).prop_map(
            |(seconds, nanoseconds)| {
                let nanoseconds = time::Duration::nanoseconds(nanoseconds);
                OffsetDateTime::from_unix_timestamp(seconds).unwrap().saturating_add(nanoseconds)
            },
        )
    }

    fn held() -> impl Strategy<Value = Snapshot> {
        let policies = collection::btree_map(names(name::Kind::Policy), document(), 0..4);
        let groups = collection::btree_set(names(name::Kind::Group), 0..4);
        let credential = (any::<bool>(), option::of(time()), text());
        let user =
            (any::<bool>(), text(), text(), text(), text(), collection::vec(credential, 0..3));
        let users = collection::btree_map(names(name::Kind::User), user, 0..4);
        (policies, groups, users, any::<[bool; 2]>()).prop_map(|(policies, groups, users, all)| {
            let all_of =
                |is_all, names: BTreeSet<String>| if is_all { names } else { BTreeSet::new() };
            let attached = all_of(all[0], policies.keys().cloned().collect());
            let joined = all_of(all[1], groups.clone());
            let mut snapshot = Snapshot { policies, ..Snapshot::default() };
            for name in groups {
                snapshot.groups.insert(name, Group { created: NOW, policies: attached.clone() });
            }
            for (name, (enabled, email, friendly_name, source, external_id, credentials)) in users {
                for (active, expires, description) in credentials {
                    let id =
                        AccessKeyId::parse(&format!("KEY{}", snapshot.credentials.len())).unwrap();
                    let credential = Credential {
                        user: name.clone(),
                        secret: SecretKey::new(*b"secretsecret"),
                        sealed: "sealed".to_owned(),
                        created: NOW,
                        expires,
                        status: if active { Status::Active } else { Status::Inactive },
                        description,
                    };
                    snapshot.credentials.insert(id, credential);
                }
                let (groups, policies) = (joined.clone(), attached.clone());
                let user = User {
                    created: NOW,
                    enabled,
                    email,
                    friendly_name,
                    source,
                    external_id,
                    groups,
                    policies,
                };
                snapshot.users.insert(name, user);
            }
            snapshot
        })
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back_as_what_the_store_holds(held in held()) {
            let written = text_of(&held, Secrets::Omit);
            let changes = diff(&held, &read(&written), Prune::Delete);
            let changes = changes.unwrap_or_else(|fault| panic!("{fault}\n{written}"));
            prop_assert!(changes.is_empty(), "{changes:?}\n{written}");
            // To open a sealed secret takes the store's key: the entries are compared as they stand.
            let sealed = Identities::of(&held, Secrets::Seal);
            let value = |identities: &Identities| serde_json::to_value(identities).unwrap();
            prop_assert_eq!(value(&read(&text_of(&held, Secrets::Seal))), value(&sealed));
        }

        #[test]
        fn any_text_in_a_document_reads_back_as_it_is(
            action in any::<String>(), resource in "[^\\[]\\PC{0,40}|\\x00.{0,9}", value in any::<String>(), key in any::<String>(),
        ) {
            let value = serde_json::json!({ "StringLike": { key: [value.clone(), value] } });
            let statement = Statement {
                action: vec![action],
                effect: Effect::Deny,
                resource: vec![resource.clone(), resource],
                condition: serde_json::from_value(value).unwrap(),
            };
            let document = Document { statement: vec![statement] };
            let held = Snapshot { policies: [("P".to_owned(), document.clone())].into(), ..Snapshot::default() };
            let read = read(&text_of(&held, Secrets::Omit));
            let drafts: Vec<_> = document.statement.iter().map(Draft::from).collect();
            prop_assert_eq!(&read.policies.unwrap()[0].statement, &drafts);
        }
    }

    #[test]
    fn what_is_written_is_easy_to_read() {
        let statement = r#"{"action":["fs:*"],"effect":"allow","resource":["arn:lakefs:fs:::repository/lake","*"]}"#;
        let document: Document =
            serde_json::from_str(&format!(r#"{{"statement":[{statement}]}}"#)).unwrap();
        let held =
            Snapshot { policies: [("yes".to_owned(), document)].into(), ..Snapshot::default() };
        let lines: Vec<_> = text_of(&held, Secrets::Seal).lines().map(str::to_owned).collect();
        assert!(lines[..3].iter().all(|line| line.starts_with("# ")), "{lines:#?}");
        assert_eq!(
            lines[3..],
            [
                "policies:",
                "- id: \"yes\"",
                "  statement:",
                "  - action:",
                "    - fs:*",
                "    effect: allow",
                "    resource:",
                "    - arn:lakefs:fs:::repository/lake",
                "    - \"*\"",
                "groups: []",
                "users: []",
            ]
        );
    }

    fn text_of(held: &Snapshot, secrets: Secrets) -> String {
        super::text(&Identities::of(held, secrets), secrets).unwrap()
    }
}
