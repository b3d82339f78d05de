//! The configuration file on the command line: made, checked, said in words.

use firstsight_tests::{Ran, firstsight, path, run};

/// Ends with this code; standard output and error.
fn checked(file: &str, variables: &[(&str, &str)]) -> Ran {
    let mut command = firstsight();
    command
        .args(["config", "check", file])
        .envs(variables.iter().copied());
    command.output().expect("the binary starts").into()
}

#[test]
fn init_writes_a_file_that_check_finds_well() {
    let folder = tempfile::tempdir().unwrap();
    let file = path(&folder, "firstsight.toml");
    let ran = run(["init", "--output", &file]).expect(0);
    assert_eq!(
        ran.out,
        format!("firstsight config check {file}\nfirstsightd --config {file}\n")
    );
    let ran = checked(&file, &[]).expect(0);
    assert!(ran.out.contains("aws-cloudtrail-logs-*"), "{}", ran.out);
    assert_eq!(ran.err, "", "no warning");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(&file).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}

#[test]
fn init_replaces_nothing_unless_it_is_told_to() {
    let folder = tempfile::tempdir().unwrap();
    let file = path(&folder, "firstsight.toml");
    std::fs::write(&file, "# mine\n").unwrap();
    let ran = run(["init", "--yes", "--output", &file]).expect(2);
    assert!(ran.err.contains("replace it with --force"), "{}", ran.err);
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "# mine\n");
    let _ = run(["init", "--yes", "--force", "--output", &file]).expect(0);
    assert!(
        std::fs::read_to_string(&file)
            .unwrap()
            .contains("[inspections.main]")
    );
}

#[test]
fn init_takes_what_is_given_and_refuses_what_makes_no_sense() {
    let ran = run([
        "init",
        "--output",
        "-",
        "--source",
        "cloudwatch:trail",
        "--region",
        "eu-west-1",
        "--sink",
        "slack",
        "--port",
        "8080",
    ]);
    let out = ran.expect(0).out;
    for part in [
        "source.groups = [\"trail\"]",
        "source.regions = [\"eu-west-1\"]",
        "template = \"slack\"",
        "bind = \"127.0.0.1:8080\"",
    ] {
        assert!(out.contains(part), "{out}");
    }
    let ran = run([
        "init",
        "--output",
        "-",
        "--source",
        "cloudwatch:trail",
        "--region",
        "Frankfurt",
    ])
    .expect(2);
    assert!(ran.err.contains("\"Frankfurt\" is no region"), "{}", ran.err);
    let ran = run(["init", "--output", "-", "--node", "mars", "--sink", "guance"]).expect(2);
    assert!(ran.err.contains("no node is called \"mars\""), "{}", ran.err);
}

/// A path of the command line is not one from the file's folder.
#[test]
fn init_keeps_what_a_relative_path_means() {
    let folder = tempfile::tempdir().unwrap();
    let file = path(&folder, "firstsight.toml");
    let _ = run(["init", "--output", &file, "--source", "trail"]).expect(0);
    let here = std::env::current_dir().unwrap().join("trail");
    let out = checked(&file, &[]).expect(0).out;
    assert!(out.contains(&format!("reads files: {}", here.display())), "{out}");
}

#[test]
fn check_tells_mistakes_with_2_and_what_is_missing_with_1() {
    let folder = tempfile::tempdir().unwrap();
    let file = path(&folder, "firstsight.toml");
    std::fs::write(
        &file,
        "[server]\nadmin_token = { env = \"TOKEN\" }\nbnd = \"x\"\n",
    )
    .unwrap();
    let ran = checked(&file, &[]).expect(2);
    assert!(
        ran.err
            .contains("firstsight.toml:3: server.bnd: there is no such key; did you mean \"bind\"?"),
        "{}",
        ran.err
    );

    std::fs::write(&file, "[server]\nadmin_token = { env = \"TOKEN\" }\n").unwrap();
    let ran = checked(&file, &[]).expect(1);
    assert!(
        ran.out
            .contains("MISSING: the environment variable TOKEN is not set"),
        "{}",
        ran.out
    );
    assert!(ran.err.contains("there is no inspection"), "{}", ran.err);

    let ran = checked(&file, &[("TOKEN", "hush-hush-hush-hush")]).expect(0);
    assert!(!ran.out.contains("hush") && !ran.err.contains("hush"));
}

#[test]
fn variables_are_laid_over_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = path(&folder, "firstsight.toml");
    let _ = run(["init", "--output", &file]).expect(0);
    let ran = checked(
        &file,
        &[("FIRSTSIGHT_CFG_INSPECTIONS__MAIN__SCHEDULE", "*/30 * * * *")],
    )
    .expect(0);
    assert!(ran.out.contains("*/30 * * * * (UTC)"), "{}", ran.out);
    let ran = checked(&file, &[("FIRSTSIGHT_CFG_SERVER__BIND", "0.0.0.0:80")]).expect(2);
    assert!(
        ran.err
            .starts_with("firstsight: FIRSTSIGHT_CFG_SERVER__BIND: server.bind: others reach this address"),
        "{}",
        ran.err
    );
}

#[test]
fn the_schema_is_printed() {
    let schema = run(["config", "schema"]).expect(0).json();
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    assert_eq!(
        schema["$defs"]["inspection"]["required"],
        serde_json::json!(["source"])
    );
}
