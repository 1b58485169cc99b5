//! Where the settings come from, and in which order.

use std::{fs, path::Path};

use tempfile::TempDir;

use super::*;

#[test]
fn the_environment_is_enough() {
    let settings = read(
        &none(),
        &[
            ("AWS_ACCESS_KEY_ID", "AKIAENV"),
            ("AWS_SECRET_ACCESS_KEY", "env-secret"),
            ("AWS_SESSION_TOKEN", "env-token"),
            ("AWS_ENDPOINT_URL", "http://general"),
            ("AWS_DEFAULT_REGION", "eu-west-1"),
        ],
    );
    assert_eq!(shown(&settings.credential().unwrap()), "AKIAENV env-secret env-token");
    assert_eq!(*settings.endpoint().unwrap().text, "http://general");
    assert_eq!(*settings.region().unwrap().unwrap().text, "eu-west-1");
}

#[test]
fn the_narrower_variable_counts_first_and_an_empty_one_not_at_all() {
    let settings = read(
        &none(),
        &[
            ("AWS_ENDPOINT_URL", "http://general"),
            ("AWS_ENDPOINT_URL_S3", "http://s3"),
            ("AWS_REGION", "eu-west-1"),
            ("AWS_DEFAULT_REGION", "eu-west-2"),
        ],
    );
    assert_eq!(*settings.endpoint().unwrap().text, "http://s3");
    assert_eq!(*settings.region().unwrap().unwrap().text, "eu-west-1");
    let settings = read(
        &none(),
        &[
            ("AWS_ENDPOINT_URL", "http://general"),
            ("AWS_ENDPOINT_URL_S3", ""),
            ("AWS_PROFILE", ""),
            ("AWS_REGION", ""),
        ],
    );
    assert_eq!(*settings.endpoint().unwrap().text, "http://general");
    assert!(settings.region().unwrap().is_none());
}

#[test]
fn files_lie_at_home_unless_variables_say_where() {
    let home = home("[default]\nregion = at-home\n", "");
    let elsewhere = home.path().join("elsewhere");
    fs::write(&elsewhere, "[default]\nregion = elsewhere\n").unwrap();
    let region = |variables: &[(&str, &str)]| {
        read(&home, variables).region().unwrap().map(|found| found.text.to_string())
    };
    assert_eq!(region(&[]).as_deref(), Some("at-home"));
    assert_eq!(region(&[("AWS_CONFIG_FILE", "~/elsewhere")]).as_deref(), Some("elsewhere"));
    let path = elsewhere.to_str().unwrap();
    assert_eq!(region(&[("AWS_CONFIG_FILE", path)]).as_deref(), Some("elsewhere"));
    for absent in ["/no/such/file", "/dev/null/.aws/config", "/dev/null"] {
        assert_eq!(region(&[("AWS_CONFIG_FILE", absent)]), None, "{absent}");
    }
}

#[test]
fn a_profile_is_found_by_flag_then_variable_then_as_the_default_one() {
    let config = "[default]\nregion = a\n[profile b]\nregion = b\n[profile \"c d\"]\nregion = c\n[e]\nregion = e\n";
    let home = home(config, "");
    let region = |profile, variables: &[(&str, &str)]| {
        let settings = Settings::read(variables_at(&home, variables), profile);
        settings.map(|settings| settings.region().unwrap().unwrap().text.to_string())
    };
    assert_eq!(region(None, &[]).as_deref(), Ok("a"));
    assert_eq!(region(None, &[("AWS_PROFILE", "b")]).as_deref(), Ok("b"));
    assert_eq!(region(Some("c d"), &[("AWS_PROFILE", "b")]).as_deref(), Ok("c"));
    // In this file only `default` may go without `profile`.
    let told = sole(&region(Some("e"), &[]).unwrap_err());
    assert!(
        told.starts_with("--profile: no profile `e` in `") && told.contains("/.aws/credentials`"),
        "{told}"
    );
    let told = sole(&region(None, &[("AWS_PROFILE", "B")]).unwrap_err());
    assert!(told.starts_with("AWS_PROFILE: no profile `B` in `"), "{told}");
}

#[test]
fn the_default_profile_has_two_titles_and_the_longer_one_counts_first() {
    for config in [
        "[default]\nregion = short\nendpoint_url = http://short\n[profile default]\nregion = long\n",
        "[profile default]\nregion = long\n[default]\nregion = short\nendpoint_url = http://short\n",
    ] {
        let settings = read(&home(config, ""), &[]);
        assert_eq!(*settings.region().unwrap().unwrap().text, "long");
        assert_eq!(*settings.endpoint().unwrap().text, "http://short");
    }
}

#[test]
fn only_a_flag_puts_a_profile_before_the_environments_key() {
    let home = home(
        "",
        "[a]\naws_access_key_id = AKIAFILE\naws_secret_access_key = file-secret\naws_session_token = file-token\n",
    );
    let environment = [
        ("AWS_ACCESS_KEY_ID", "AKIAENV"),
        ("AWS_SECRET_ACCESS_KEY", "env-secret"),
        ("AWS_PROFILE", "a"),
    ];
    let credential = |profile, variables: &[(&str, &str)]| {
        let settings = Settings::read(variables_at(&home, variables), profile).unwrap();
        shown(&settings.credential().unwrap())
    };
    assert_eq!(credential(None, &environment), "AKIAENV env-secret -");
    assert_eq!(credential(Some("a"), &environment), "AKIAFILE file-secret file-token");
    assert_eq!(credential(None, &environment[2..]), "AKIAFILE file-secret file-token");
}

#[test]
fn the_file_of_credentials_counts_before_the_other() {
    let key =
        |id: &str| format!("aws_access_key_id = {id}\naws_secret_access_key = secret-of-{id}\n");
    let both = home(&format!("[default]\n{}", key("B")), &format!("[default]\n{}", key("A")));
    assert_eq!(shown(&read(&both, &[]).credential().unwrap()), "A secret-of-A -");
    let one = home(&format!("[default]\n{}", key("B")), "[other]\n");
    assert_eq!(shown(&read(&one, &[]).credential().unwrap()), "B secret-of-B -");
}

#[test]
fn a_file_is_read_as_the_aws_cli_reads_it() {
    let config = "# a comment\n[profile a]\n  Region=eu-west-1 \n  s3 =\n    endpoint_url = http://nested\n    x = y\n  ; another\n  endpoint_url : http://a\n";
    let credentials =
        "[a]\naws_access_key_id=AKIA\naws_secret_access_key = a/b+c=d#e;f \"g\" # h\n";
    let home = home(config, credentials);
    let settings = Settings::read(variables_at(&home, &[]), Some("a")).unwrap();
    assert_eq!(*settings.region().unwrap().unwrap().text, "eu-west-1");
    assert_eq!(*settings.endpoint().unwrap().text, "http://a");
    let secret = settings.credential().unwrap().secret;
    assert_eq!(secret.expose(), b"a/b+c=d#e;f \"g\" # h");
}

#[test]
fn half_a_key_is_told_with_its_place_and_without_it() {
    let settings = read(&none(), &[("AWS_ACCESS_KEY_ID", "AKIAHALF")]);
    assert_eq!(
        settings.credential().err().unwrap().to_string(),
        "AWS_SECRET_ACCESS_KEY: missing; AWS_ACCESS_KEY_ID is set"
    );
    let home = home("", "[default]\naws_access_key_id = AKIAHALF\naws_secret_access_key =\n");
    let told = read(&home, &[]).credential().err().unwrap().to_string();
    let end = "/.aws/credentials: profile `default`: aws_access_key_id: aws_secret_access_key is missing beside it";
    assert!(told.ends_with(end), "{told}");
}

#[test]
fn what_is_missing_is_told_with_what_to_set() {
    let home = home("[profile a]\n", "");
    let settings = read(&home, &[]);
    let credential = settings.credential().err().unwrap().to_string();
    for part in [
        "AWS_ACCESS_KEY_ID",
        "aws_secret_access_key",
        "`default` of `",
        "/.aws/credentials`",
        "--profile",
    ] {
        assert!(credential.contains(part), "{credential} lacks {part}");
    }
    let endpoint = settings.endpoint().err().unwrap().to_string();
    for part in ["--endpoint", "--config", "AWS_ENDPOINT_URL", "endpoint_url", "/.aws/config`"] {
        assert!(endpoint.contains(part), "{endpoint} lacks {part}");
    }
    let named = Settings::read(variables_at(&home, &[]), Some("a")).ok().unwrap();
    let credential = named.credential().err().unwrap().to_string();
    assert!(
        credential.contains("into profile `a` of `") && !credential.contains("AWS_"),
        "{credential}"
    );
    // Without a home nothing says where the files are.
    let homeless = Settings::read(Variables::from_pairs::<&str>([]), None).ok().unwrap();
    let credential = homeless.credential().err().unwrap().to_string();
    assert!(credential.contains("the file that AWS_SHARED_CREDENTIALS_FILE names"), "{credential}");
}

#[test]
fn a_file_that_cannot_be_read_is_told_without_what_it_holds() {
    let broken = home("[profile a\nregion = b\n", "= a secret\n");
    let faults = Settings::read(variables_at(&broken, &[]), None).err().unwrap();
    let lines: Vec<String> = faults.iter().map(ToString::to_string).collect();
    assert_eq!(lines.len(), 2, "{lines:?}");
    for told in lines {
        assert!(told.contains(": not a file of profiles: line 1"), "{told}");
        assert!(!told.contains("secret") && !told.contains("profile a"), "{told}");
    }
    let folder = none();
    fs::create_dir_all(folder.path().join(".aws/config")).unwrap();
    let told = sole(&Settings::read(variables_at(&folder, &[]), None).err().unwrap());
    assert!(told.contains("/.aws/config: cannot be read: "), "{told}");
}

#[cfg(unix)]
#[test]
fn a_variable_that_is_not_utf8_is_refused() {
    use std::{ffi::OsString, os::unix::ffi::OsStringExt as _};

    let variables =
        Variables::from_pairs([(OsString::from("AWS_REGION"), OsString::from_vec(vec![0xff]))]);
    let settings = Settings::read(variables, None).ok().unwrap();
    assert_eq!(settings.region().err().unwrap().to_string(), "AWS_REGION: not UTF-8");
}

/// A home without files.
fn none() -> TempDir {
    tempfile::tempdir().unwrap()
}

fn home(config: &str, credentials: &str) -> TempDir {
    let home = none();
    fs::create_dir(home.path().join(".aws")).unwrap();
    let file = |name: &str| Path::new(home.path()).join(".aws").join(name);
    fs::write(file("config"), config).unwrap();
    fs::write(file("credentials"), credentials).unwrap();
    home
}

fn variables_at(home: &TempDir, variables: &[(&str, &str)]) -> Variables {
    let home = ("HOME", home.path().to_str().unwrap());
    Variables::from_pairs(variables.iter().copied().chain([home]))
}

fn read(home: &TempDir, variables: &[(&str, &str)]) -> Settings {
    Settings::read(variables_at(home, variables), None).ok().unwrap()
}

fn shown(credential: &Credential) -> String {
    let token = credential.session_token.as_ref().map_or("-", |token| token.text.as_str());
    let secret = String::from_utf8_lossy(credential.secret.expose());
    format!("{} {secret} {token}", *credential.access_key_id.text)
}

fn sole(faults: &[Fault]) -> String {
    assert_eq!(faults.len(), 1, "{faults:?}");
    faults[0].to_string()
}
