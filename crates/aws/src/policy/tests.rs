use super::*;

fn role(arn: &str, external_id: Option<&str>) -> Role {
    Role {
        arn: arn.to_owned(),
        external_id: external_id.map(str::to_owned),
        session_name: None,
    }
}

fn wanted(groups: &[&str]) -> Wanted {
    Wanted {
        groups: groups.iter().map(|group| (*group).to_owned()).collect(),
        regions: vec!["eu-west-1".to_owned()],
        account: Some("111122223333".to_owned()),
        iam: true,
        ..Wanted::default()
    }
}

/// The resources of a statement of the caller's own policy.
fn resources(wanted: &Wanted, sid: &str) -> Vec<String> {
    let statements = wanted.reader(None).statement.into_iter();
    statements
        .filter(|statement| statement.sid == sid)
        .flat_map(|statement| statement.resource)
        .collect()
}

fn remarks_of(wanted: &Wanted) -> String {
    remarks(wanted).join("\n")
}

#[test]
fn one_account_has_one_policy() {
    insta::assert_snapshot!(documents(&wanted(&["trail"])));
}

#[test]
fn roles_have_policies_and_trust_policies_of_their_own() {
    let roles = Wanted {
        roles: vec![
            role(
                "arn:aws:iam::444455556666:role/firstsight",
                Some("example-external-id"),
            ),
            role("arn:aws:iam::777788889999:role/read/firstsight", None),
        ],
        caller: Some("arn:aws:sts::111122223333:assumed-role/watcher/i-0123".to_owned()),
        regions: vec!["eu-west-1".to_owned(), "us-east-1".to_owned()],
        list_groups: true,
        ..wanted(&[
            "cloudtrail/*",
            "arn:aws:logs:eu-west-1:777788889999:log-group:own",
        ])
    };
    insta::assert_snapshot!(documents(&roles));
    insta::assert_snapshot!(remarks_of(&roles));
}

#[test]
fn what_is_not_known_stands_as_any() {
    let nothing = Wanted {
        groups: vec!["trail".to_owned()],
        ..Wanted::default()
    };
    assert_eq!(
        resources(&nothing, "ReadCloudTrail"),
        ["arn:aws:logs:*:*:log-group:trail:*"]
    );
    insta::assert_snapshot!(remarks_of(&nothing));
}

#[test]
fn an_arn_tells_everything_by_itself() {
    for end in ["", ":*"] {
        let arn = format!("arn:aws-us-gov:logs:us-gov-west-1:111122223333:log-group:trail{end}");
        let only = Wanted {
            groups: vec![arn],
            iam: true,
            ..Wanted::default()
        };
        assert_eq!(
            resources(&only, "ReadCloudTrail"),
            ["arn:aws-us-gov:logs:us-gov-west-1:111122223333:log-group:trail:*"]
        );
        assert_eq!(
            resources(&only, "LookUpAccessKeys"),
            ["arn:aws-us-gov:iam::111122223333:user/*"]
        );
        assert!(
            !remarks_of(&only).contains("stands as *"),
            "{}",
            remarks_of(&only)
        );
    }
}

#[test]
fn the_partition_follows_the_region() {
    let china = Wanted {
        regions: vec!["cn-north-1".to_owned()],
        ..wanted(&["trail"])
    };
    assert_eq!(
        resources(&china, "ReadCloudTrail"),
        ["arn:aws-cn:logs:cn-north-1:111122223333:log-group:trail:*"]
    );
}

#[test]
fn only_patterns_need_to_list_groups_and_only_then_is_it_allowed() {
    assert_eq!(resources(&wanted(&["trail"]), "FindLogGroups"), [""; 0]);
    let pattern = Wanted {
        list_groups: true,
        ..wanted(&["*trail*"])
    };
    assert_eq!(
        resources(&pattern, "FindLogGroups"),
        ["arn:aws:logs:eu-west-1:111122223333:log-group:*"]
    );
    assert_eq!(
        resources(&pattern, "ReadCloudTrail"),
        ["arn:aws:logs:eu-west-1:111122223333:log-group:*trail*:*"]
    );
}

#[test]
fn without_iam_nothing_of_it_is_allowed() {
    let without = Wanted {
        iam: false,
        ..wanted(&["trail"])
    };
    assert!(!documents(&without).contains("iam:"));
}

#[test]
fn a_trust_policy_without_a_known_caller_trusts_nobody() {
    let unknown = Wanted {
        roles: vec![role("arn:aws:iam::444455556666:role/firstsight", None)],
        account: None,
        ..wanted(&["trail"])
    };
    let principal = &unknown.trust(&unknown.roles[0]).statement[0].principal;
    assert_eq!(principal.as_ref().unwrap()["AWS"], FILL_IN);
    assert!(remarks_of(&unknown).contains("fill in"));
    let account = Wanted {
        account: Some("111122223333".to_owned()),
        ..unknown
    };
    let principal = &account.trust(&account.roles[0]).statement[0].principal;
    assert_eq!(
        principal.as_ref().unwrap()["AWS"],
        "arn:aws:iam::111122223333:root"
    );
}

#[test]
fn a_session_is_trusted_as_its_role() {
    for (caller, trusted) in [
        (
            "arn:aws:sts::111122223333:assumed-role/watcher/i-0123",
            "arn:aws:iam::111122223333:role/watcher",
        ),
        (
            "arn:aws:iam::111122223333:user/watcher",
            "arn:aws:iam::111122223333:user/watcher",
        ),
        (
            "arn:aws:sts::111122223333:assumed-role/odd",
            "arn:aws:sts::111122223333:assumed-role/odd",
        ),
    ] {
        assert_eq!(durable(caller), trusted);
    }
}

#[test]
fn a_group_of_another_account_has_to_be_shared() {
    let shared = wanted(&["arn:aws:logs:eu-west-1:444455556666:log-group:trail"]);
    assert!(remarks_of(&shared).contains("log groups of 444455556666 are read as shared ones"));
    let own = wanted(&["arn:aws:logs:eu-west-1:111122223333:log-group:trail"]);
    assert!(!remarks_of(&own).contains("shared"));
}

#[test]
fn a_policy_that_is_too_long_says_so() {
    let names: Vec<String> = (0..100).map(|number| format!("cloudtrail/{number}")).collect();
    let many = Wanted {
        groups: names,
        ..wanted(&[])
    };
    assert!(remarks_of(&many).contains("characters without white space"));
    assert!(!remarks_of(&wanted(&["trail"])).contains("characters without white space"));
}

#[test]
fn a_role_that_reads_nothing_is_told() {
    let idle = Wanted {
        roles: vec![
            role("arn:aws:iam::444455556666:role/firstsight", None),
            role("arn:aws:iam::777788889999:role/firstsight", None),
        ],
        list_groups: true,
        ..wanted(&["arn:aws:logs:eu-west-1:777788889999:log-group:trail*"])
    };
    let remarks = remarks_of(&idle);
    assert!(
        remarks.contains("arn:aws:iam::444455556666:role/firstsight reads none"),
        "{remarks}"
    );
    assert!(!remarks.contains("777788889999:role"), "{remarks}");
    let policy = idle.reader(Some(&idle.roles[0]));
    assert!(
        policy
            .statement
            .iter()
            .all(|statement| !statement.resource.is_empty())
    );
}

fn refusal(change: impl FnOnce(&mut Wanted)) -> String {
    let mut wanted = wanted(&["trail"]);
    change(&mut wanted);
    check(&wanted).map_or_else(|error| error.to_string(), |()| String::new())
}

#[test]
fn a_policy_of_a_mistake_is_refused() {
    assert_eq!(refusal(|_| ()), "");
    let group = refusal(|wanted| wanted.groups = vec!["my trail".to_owned()]);
    assert!(
        group.starts_with("cloudwatch:my trail: is not the name of a log group"),
        "{group}"
    );
    let arn = refusal(|wanted| wanted.groups = vec!["arn:aws:logs:trail".to_owned()]);
    assert!(arn.contains("is not the ARN of a log group"), "{arn}");
    let region = refusal(|wanted| wanted.regions = vec!["Ireland".to_owned()]);
    assert!(
        region.starts_with("--region Ireland: not a region's name"),
        "{region}"
    );
    let name = refusal(|wanted| wanted.roles = vec![role("firstsight", None)]);
    assert!(
        name.starts_with("--role-arn firstsight: not a role's ARN"),
        "{name}"
    );
    let elsewhere = "arn:aws-cn:iam::444455556666:role/firstsight";
    let partition = refusal(|wanted| wanted.roles = vec![role(elsewhere, None)]);
    assert!(
        partition.contains("the role is not in partition aws"),
        "{partition}"
    );
    let account = refusal(|wanted| wanted.account = Some("1111".to_owned()));
    assert_eq!(
        account,
        "--account 1111: an account has 12 digits, like 111122223333"
    );
}

#[test]
fn a_caller_is_somebody_in_an_account() {
    let told = |caller: &str| refusal(|wanted| wanted.caller = Some(caller.to_owned()));
    for caller in [
        "arn:aws:iam::111122223333:user/path/watcher",
        "arn:aws-us-gov:iam::111122223333:role/watcher",
        "arn:aws:sts::111122223333:assumed-role/watcher/i-0123",
        "arn:aws:iam::111122223333:root",
    ] {
        assert_eq!(told(caller), "", "{caller}");
    }
    for caller in [
        "watcher",
        "111122223333",
        "*",
        "arn:aws:iam::1111:user/watcher",
        "arn:aws:iam::111122223333:user",
        "arn:aws:iam::111122223333:user/",
        "arn:aws:s3:::bucket/key",
    ] {
        assert!(told(caller).contains("not a user's or role's ARN"), "{caller}");
    }
}
