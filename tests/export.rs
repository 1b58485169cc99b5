//! `lakegate export`: what the store holds comes back as a file that makes the same of another store.

use crate::harness::{
    Key,
    recorder::Recorder,
    sign::Draft,
    site::{Ended, Site, admin, alice, disabled, expired, identities, nobody, viewer},
};

#[test]
fn an_export_changes_nothing_in_its_own_store() {
    let site = rich();
    for secrets in ["omitted", "sealed"] {
        let exported = export(&site, secrets);
        assert_eq!(export(&site, secrets), exported, "it says the same each time");
        site.write("identities.yaml", &exported);
        assert_eq!(site.apply(), "no changes\n", "{exported}");
        let pruned = site.apply_with(&["--prune"]);
        assert_eq!(pruned.stdout, "no changes\n", "{pruned:#?}\n{exported}");
    }
}

#[test]
fn a_sealed_export_makes_a_store_that_decides_the_same() {
    let (old, new) = (rich(), Site::new(&Recorder::start().upstream));
    new.write("identities.yaml", &export(&old, "sealed"));
    new.apply();
    assert_eq!(export(&new, "omitted"), export(&old, "omitted"));
    assert_eq!(decisions(&new), decisions(&old));
}

#[test]
fn an_export_without_credentials_makes_an_empty_store_that_decides_the_same() {
    let (old, new) = (rich(), Site::new(&Recorder::start().upstream));
    let exported = export(&old, "omitted");
    new.write("identities.yaml", &exported);
    new.apply();
    assert_eq!(export(&new, "omitted"), exported);
    // Who may sign nothing yet may do the same as before as soon as there are keys again.
    new.write("identities.yaml", &identities());
    let keys = new.apply();
    assert_eq!(keys.matches("created credential").count(), people().len(), "{keys}");
    new.write("identities.yaml", &exported);
    new.apply();
    assert_eq!(export(&new, "omitted"), exported);
    assert_eq!(decisions(&new), decisions(&old));
}

#[test]
fn l04_an_export_holds_no_secret_in_clear() {
    let site = rich();
    for secrets in ["omitted", "sealed"] {
        let exported = export(&site, secrets);
        assert_eq!(exported.contains("secret_access_key_sealed: "), secrets == "sealed");
        for key in people() {
            assert_eq!(exported.contains(&key.id), secrets == "sealed", "{exported}");
            assert!(!exported.contains(&key.secret), "{exported}");
        }
    }
    assert_eq!(
        exported_by(&site, &[]).stdout,
        export(&site, "omitted"),
        "they are left out by default"
    );
}

#[test]
fn j14_a_sealed_export_does_not_open_with_another_secret_key() {
    let (old, new) = (rich(), Site::new(&Recorder::start().upstream));
    new.write("secret.key", "another-encryption-key-of-more-than-32-bytes");
    new.write("identities.yaml", &export(&old, "sealed"));
    let ended = new.apply_with(&[]);
    assert_eq!(ended.code, Some(2), "{ended:#?}");
    let place = "users[0].credentials[0].secret_access_key_sealed";
    assert!(ended.stderr.contains(place), "{ended:#?}");
    assert!(ended.stderr.contains("sealed under another `auth.encrypt.secret_key`"), "{ended:#?}");
}

#[test]
fn j07_export_leaves_the_store_alone_while_a_gateway_runs_on_it() {
    let site = rich();
    let _gateway = site.serve();
    let ended = exported_by(&site, &[]);
    assert_eq!((ended.code, &*ended.stdout), (Some(1), ""), "{ended:#?}");
    assert!(ended.stderr.contains("is in use by another process"), "{ended:#?}");
}

#[test]
fn where_there_is_no_store_none_is_made() {
    let site = Site::new(&Recorder::start().upstream);
    let ended = exported_by(&site, &[]);
    assert_eq!((ended.code, &*ended.stdout), (Some(2), ""), "{ended:#?}");
    assert!(ended.stderr.contains("there is no store yet"), "{ended:#?}");
    assert!(!site.path("lakegate.redb").exists());
}

fn export(site: &Site, secrets: &str) -> String {
    let ended = exported_by(site, &["--secrets", secrets]);
    assert_eq!((ended.code, &*ended.stderr), (Some(0), ""), "{ended:#?}");
    ended.stdout
}

fn exported_by(site: &Site, args: &[&str]) -> Ended {
    site.run(&[&["export", "--config", "lakegate.yaml"], args].concat())
}

/// A site whose store has an edited preset, names that YAML takes for something else, denies, conditions.
fn rich() -> Site {
    let site = Site::new(&Recorder::start().upstream);
    let groups = "groups: [team-a, 'yes', '@all']\n    policies: ['1']\n    email: 'null'";
    let file = identities()
        .replacen("policies:\n", &format!("policies:\n{POLICIES}"), 1)
        .replacen("groups:\n", &format!("groups:\n{GROUPS}"), 1)
        .replace("groups: [team-a]", groups);
    site.write("identities.yaml", &file);
    site.apply();
    site
}

/// The status of some requests by everybody, as the gateway of `site` answers them.
fn decisions(site: &Site) -> Vec<(String, u16)> {
    let recorder = Recorder::start();
    let config = site.read("lakegate.yaml");
    let endpoint = config.lines().find(|line| line.contains("endpoint:")).unwrap();
    site.configure(endpoint, &format!("  endpoint: http://{}", recorder.upstream.address));
    let gateway = site.serve();
    let mut answers = Vec::new();
    for key in people() {
        for (method, target) in [
            ("GET", "/lake/team-a/x"),
            ("PUT", "/lake/team-a/x"),
            ("GET", "/lake/team-a/closed/x"),
            ("GET", "/lake/near/x"),
            ("GET", "/lake/far/x"),
            ("DELETE", "/lake/home/alice/x"),
            ("DELETE", "/lake/home/bob/x"),
            ("HEAD", "/pond"),
            ("HEAD", "/lake/a"),
        ] {
            let draft = Draft::new(&key, method, target).header("content-length", "0");
            let status = draft.send(gateway.s3, b"").status();
            answers.push((format!("{} {method} {target}", key.id), status));
        }
    }
    for status in [200, 403] {
        assert!(answers.iter().any(|(_, answer)| *answer == status), "{answers:#?}");
    }
    answers
}

fn people() -> Vec<Key> {
    vec![admin(), viewer(), alice(), nobody(), disabled(), expired()]
}

const POLICIES: &str = "  - id: '1'
    statement:
      - action: 'fs:ReadObject'
        effect: allow
        resource: 'arn:lakefs:fs:::repository/lake/object/near/*'
        condition: {IpAddress: {SourceIp: 127.0.0.0/8}}
      - action: 'fs:ReadObject'
        effect: allow
        resource: 'arn:lakefs:fs:::repository/lake/object/far/*'
        condition: {NotIpAddress: {SourceIp: 127.0.0.0/8}}
  - id: 'a: b'
    statement:
      - action: 'fs:*'
        effect: allow
        resource:
          - 'arn:lakefs:fs:::repository/lake/object/home/${user}/*'
          - 'arn:lakefs:fs:::repository/pond'
  - id: FSReadAll
    statement: [{action: 'fs:ReadObject', effect: allow, resource: '*'}]
";

const GROUPS: &str = "  - {id: 'yes', policies: ['a: b']}
  - {id: '@all'}
";
