//! What the command line says of log groups before anything is asked of AWS.

use firstsight_tests::{Ran, firstsight, path, run, story};

/// Without credentials, region or a way to find them.
fn offline(args: &[&str]) -> Ran {
    let mut command = firstsight();
    command
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .env("AWS_CONFIG_FILE", "/dev/null")
        .env("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
        .args(args);
    Ran::from(command.output().expect("the binary starts"))
}

#[test]
fn files_and_log_groups_are_not_read_in_one_run() {
    let ran = run(["inspect", "cloudwatch:trail", "logs"]).expect(2);
    assert!(
        ran.err.contains("one after the other with the same --state"),
        "{}",
        ran.err
    );
}

#[test]
fn a_source_that_names_no_log_group_is_a_wrong_command_line() {
    for command in ["inspect", "replay", "label", "iam-policy", "keys", "check"] {
        let ran = run([command, "cloudwatch:"]).expect(2);
        assert!(ran.err.contains("names no log group"), "{command}: {}", ran.err);
    }
}

#[test]
fn a_file_is_reached_by_its_path_whatever_its_name() {
    let folder = story();
    let renamed = folder.path().join("cloudwatch:trail");
    std::fs::rename(folder.path().join("trail"), &renamed).unwrap();
    let mut command = firstsight();
    command
        .current_dir(folder.path())
        .args(["inspect", "./cloudwatch:trail"]);
    let ran = Ran::from(command.output().unwrap()).expect(0);
    assert!(ran.out.contains("CreateUser"), "{}", ran.out);
}

#[test]
fn a_log_group_needs_a_region() {
    let ran = offline(&["inspect", "cloudwatch:trail"]).expect(1);
    assert!(ran.err.contains("no region is set: give --region"), "{}", ran.err);
}

#[test]
fn arns_tell_their_region() {
    let arn = "cloudwatch:arn:aws:logs:eu-west-1:111122223333:log-group:trail:*";
    for command in ["inspect", "replay", "check"] {
        let ran = offline(&[command, arn]).expect(1);
        let said = format!("{}{}", ran.out, ran.err);
        assert!(said.contains("no credentials were found"), "{command}: {said}");
    }
    let mixed = offline(&["inspect", arn, "cloudwatch:trail"]).expect(1);
    assert!(mixed.err.contains("no region is set"), "{}", mixed.err);
}

#[test]
fn places_that_make_no_sense_are_a_wrong_command_line() {
    for (args, told) in [
        (
            ["--region", "Ireland", "--region", "eu-west-1"],
            "not a region's name",
        ),
        (
            ["--region", "eu-west-1", "--region", "cn-north-1"],
            "read them in two runs",
        ),
        (
            ["--region", "eu-west-1", "--role-arn", "reader"],
            "not a role's ARN",
        ),
    ] {
        let ran = offline(&[&["inspect", "cloudwatch:trail"], args.as_slice()].concat()).expect(2);
        assert!(ran.err.contains(told), "{args:?}: {}", ran.err);
    }
}

#[test]
fn options_of_aws_that_say_nothing_of_files_are_told_kindly() {
    let folder = story();
    let trail = path(&folder, "trail");
    let hint = "--region says nothing of files: a log group is named as cloudwatch:NAME";
    let ran = run(["inspect", "--region", "eu-west-1", &trail]).expect(0);
    assert!(ran.err.contains(hint), "{}", ran.err);
    let quiet = run(["inspect", "--quiet", "--region", "eu-west-1", &trail]).expect(0);
    assert_eq!(quiet.err, "");
}

#[test]
fn a_look_up_that_fails_takes_nothing_away() {
    let folder = story();
    let trail = path(&folder, "trail");
    let told = |args: &[&str]| offline(args).expect(0).json();
    let plain = told(&["inspect", "--format", "json", &trail]);
    let asked = told(&["inspect", "--format", "json", "--iam", &trail]);
    assert_eq!(plain["findings"], asked["findings"]);
    let notes = asked["notes"].to_string();
    assert!(notes.contains("access keys were not looked up in IAM"), "{notes}");
    assert!(!plain["notes"].to_string().contains("IAM"));
}

#[test]
fn a_policy_is_printed_offline() {
    let ran = offline(&[
        "iam-policy",
        "cloudwatch:cloudtrail/*",
        "--region",
        "eu-west-1",
        "--role-arn",
        "arn:aws:iam::444455556666:role/firstsight",
        "--external-id",
        "example-external-id",
        "--account",
        "111122223333",
    ])
    .expect(0);
    let document = ran.json();
    let role = &document["roles"]["arn:aws:iam::444455556666:role/firstsight"];
    assert_eq!(
        role["policy"]["Statement"][0]["Resource"][0],
        "arn:aws:logs:eu-west-1:444455556666:log-group:cloudtrail/*:*"
    );
    assert_eq!(
        role["trust"]["Statement"][0]["Condition"]["StringEquals"]["sts:ExternalId"],
        "example-external-id"
    );
    assert!(ran.err.contains("note: "), "{}", ran.err);
}

#[test]
fn a_policy_of_a_mistake_is_refused() {
    for (args, told) in [
        (vec!["trail/"], "only log groups need an IAM policy"),
        (
            vec!["cloudwatch:arn:aws:logs:trail"],
            "cloudwatch:arn:aws:logs:trail: is not the ARN of a log group",
        ),
        (vec!["cloudwatch:my trail"], "is not the name of a log group"),
        (
            vec!["cloudwatch:trail", "--region", "Ireland"],
            "--region Ireland: not a region's name",
        ),
        (
            vec!["cloudwatch:trail", "--role-arn", "firstsight"],
            "--role-arn firstsight: not a role's ARN",
        ),
        (
            vec!["cloudwatch:trail", "--account", "1"],
            "an account has 12 digits",
        ),
        (
            vec!["cloudwatch:trail", "--caller", "watcher"],
            "--caller watcher: not a user's or role's ARN",
        ),
        (
            vec!["cloudwatch:trail", "--region", "eu-west-1,cn-north-1"],
            "read them in two runs",
        ),
        (
            vec![
                "cloudwatch:trail",
                "--region",
                "eu-west-1",
                "--role-arn",
                "arn:aws-cn:iam::111122223333:role/reader",
            ],
            "the role is not in partition aws",
        ),
    ] {
        let ran = offline(&[&["iam-policy"], args.as_slice()].concat()).expect(2);
        assert!(ran.err.contains(told), "{args:?}: {}", ran.err);
    }
}
