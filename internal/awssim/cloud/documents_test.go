package cloud

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestPoliciesAreReadStrictly(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		use  policyUse
		text string
		want string // part of the error; empty: accepted
	}{
		"identity":        {identityPolicy, `{"Version":"2012-10-17","Statement":[{"Sid":"A1","Effect":"Allow","Action":["s3:Get*"],"Resource":"arn:aws:s3:::b/*"}]}`, ""},
		"one statement":   {identityPolicy, `{"Version":"2012-10-17","Statement":{"Effect":"Deny","NotAction":"iam:*","Resource":"*"}}`, ""},
		"trust":           {trustPolicy, hostTrust, ""},
		"everybody":       {resourcePolicy, `{"Version":"2008-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"*","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":false}}}]}`, ""},
		"set operator":    {identityPolicy, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"*","Condition":{"ForAllValues:StringLikeIfExists":{"aws:TagKeys":["a","b"]}}}]}`, ""},
		"not JSON":        {identityPolicy, `{"Version"`, "not JSON"},
		"two documents":   {identityPolicy, `{} {}`, "text after the value"},
		"name twice":      {identityPolicy, `{"Version":"2012-10-17","Version":"2012-10-17","Statement":[]}`, "stands twice"},
		"a list":          {identityPolicy, `[]`, "expected an object"},
		"version":         {identityPolicy, `{"Version":"2012-10-18","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}`, "Version"},
		"no version":      {identityPolicy, `{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}`, "Version: missing"},
		"no statement":    {identityPolicy, `{"Version":"2012-10-17","Statement":[]}`, "at least one statement"},
		"unknown element": {identityPolicy, `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Actions":"*","Resource":"*"}}`, "Statement[0].Actions: no such element"},
		"lower case":      {identityPolicy, `{"version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}`, "version: no such element"},
		"effect":          {identityPolicy, `{"Version":"2012-10-17","Statement":{"Effect":"allow","Action":"*","Resource":"*"}}`, "expected Allow or Deny"},
		"sid":             {identityPolicy, `{"Version":"2012-10-17","Statement":{"Sid":"a-b","Effect":"Allow","Action":"*","Resource":"*"}}`, "only letters and digits"},
		"sid twice":       {identityPolicy, `{"Version":"2012-10-17","Statement":[{"Sid":"a","Effect":"Allow","Action":"*","Resource":"*"},{"Sid":"a","Effect":"Allow","Action":"*","Resource":"*"}]}`, "names another statement"},
		"action":          {identityPolicy, `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"GetObject","Resource":"*"}}`, "neither * nor service:Action"},
		"both actions":    {identityPolicy, `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","NotAction":"s3:*","Resource":"*"}}`, "stands beside NotAction"},
		"no resource":     {identityPolicy, `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*"}}`, "Statement[0].Resource: missing"},
		"resource":        {identityPolicy, `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"bucket"}}`, "neither * nor an ARN"},
		"principal":       {identityPolicy, `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"*"}}`, "has no principal"},
		"trust resource":  {trustPolicy, `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole","Resource":"*"}}`, "has no resource"},
		"trust action":    {trustPolicy, `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"s3:GetObject"}}`, "only STS actions"},
		"no principal":    {resourcePolicy, `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}`, "Principal: missing"},
		"principal kind":  {trustPolicy, `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Role":"x"},"Action":"sts:AssumeRole"}}`, "no such kind of principal"},
		"service name":    {trustPolicy, `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Service":"ecs-tasks"},"Action":"sts:AssumeRole"}}`, "not a principal"},
		"operator":        {identityPolicy, `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"StringEqual":{"aws:a":"b"}}}}`, "no such condition operator"},
		"null if exists":  {identityPolicy, `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"NullIfExists":{"aws:a":"true"}}}}`, "no such condition operator"},
		"condition key":   {identityPolicy, `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"StringEquals":{"SourceArn":"b"}}}}`, "service:key"},
	} {
		_, err := parsePolicy(tc.text, tc.use)
		if tc.want == "" {
			require.NoError(t, err, name)
		} else {
			require.ErrorContains(t, err, tc.want, name)
		}
	}
}

func TestPoliciesReportEveryProblem(t *testing.T) {
	t.Parallel()
	_, err := parsePolicy(`{"Version":"1","Statement":[{"Effect":"x","Action":"y"}]}`, identityPolicy)
	for _, want := range []string{"Version", "Statement[0].Effect", "Statement[0].Action", "Statement[0].Resource"} {
		require.ErrorContains(t, err, want)
	}
}

func TestPoliciesDecide(t *testing.T) {
	t.Parallel()
	const text = `{"Version":"2012-10-17","Statement":[
		{"Effect":"Allow","Principal":{"Service":"logs.eu-central-1.amazonaws.com","AWS":"arn:aws:iam::111122223333:root"},"Action":["kms:Encrypt*","kms:decrypt"],"Resource":"*",
		 "Condition":{"ArnLike":{"kms:EncryptionContext:aws:logs:arn":"arn:aws:logs:*:111122223333:log-group:/a/*"}}},
		{"Effect":"Deny","Principal":"*","Action":"kms:Decrypt","Resource":"*","Condition":{"StringNotEquals":{"aws:SourceAccount":"111122223333"}}}]}`
	statements, err := parsePolicy(text, resourcePolicy)
	require.NoError(t, err)
	logs := principal{"Service", "logs.eu-central-1.amazonaws.com"}
	context := map[string]string{"kms:encryptioncontext:aws:logs:arn": "arn:aws:logs:x:111122223333:log-group:/a/b", "aws:sourceaccount": "111122223333"}
	for name, tc := range map[string]struct {
		request request
		want    bool
	}{
		"allowed":           {request{logs, "kms:Encrypt", "k", context}, true},
		"case of actions":   {request{logs, "kms:Decrypt", "k", context}, true},
		"role of account":   {request{principal{"AWS", "arn:aws:iam::111122223333:role/x"}, "kms:Encrypt", "k", context}, true},
		"other action":      {request{logs, "kms:DescribeKey", "k", context}, false},
		"other service":     {request{principal{"Service", "logs.amazonaws.com"}, "kms:Encrypt", "k", context}, false},
		"other account":     {request{principal{"AWS", "arn:aws:iam::444455556666:role/x"}, "kms:Encrypt", "k", context}, false},
		"condition absent":  {request{logs, "kms:Encrypt", "k", nil}, false},
		"denied when alien": {request{logs, "kms:Decrypt", "k", map[string]string{"kms:encryptioncontext:aws:logs:arn": "arn:aws:logs:x:111122223333:log-group:/a/b", "aws:sourceaccount": "4"}}, false},
	} {
		require.Equal(t, tc.want, allows(statements, tc.request), name)
	}
}

func TestWildcardsMatchWhatTheyCover(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.StringMatching(`[a-c:]{0,8}`).Draw(t, "s")
		cut := rapid.IntRange(0, len(s)).Draw(t, "cut")
		end := rapid.IntRange(cut, len(s)).Draw(t, "end")
		require.True(t, wildcard(s[:cut]+"*"+s[end:], s))
		require.True(t, wildcard(strings.Repeat("?", len(s)), s))
		require.False(t, wildcard(s[:cut]+"d*", s), "d is in no s")
	})
}

func TestUserData(t *testing.T) {
	t.Parallel()
	encode := func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }
	for name, tc := range map[string]struct{ text, cluster, problem string }{
		"heredoc":      {userDataFor("main"), "main", ""},
		"echo":         {encode("#!/bin/sh\necho \"ECS_CLUSTER=main\" >> /etc/ecs/ecs.config\n"), "main", ""},
		"none named":   {encode("#!/bin/sh\ntrue\n"), "default", ""},
		"cloud-config": {encode("#cloud-config\nruncmd: []\n"), "default", ""},
		"not base64":   {"#!/bin/sh", "", "not base64"},
		"no script":    {encode("echo hello"), "", "begins neither"},
		"bad name":     {encode("#!/bin/sh\necho ECS_CLUSTER=a.b >> /etc/ecs/ecs.config\n"), "", "not the name of a cluster"},
		"too long":     {encode("#!/bin/sh\n" + strings.Repeat("#", userDataLimit)), "", "more than"},
	} {
		got, err := parseUserData(tc.text)
		if tc.problem != "" {
			require.ErrorContains(t, err, tc.problem, name)
			continue
		}
		require.NoError(t, err, name)
		require.Equal(t, tc.cluster, got.Cluster, name)
	}
}

func TestContainerDefinitions(t *testing.T) {
	t.Parallel()
	around := task{NetworkMode: "awsvpc", MemoryMiB: 2048, CPU: 1024, Execution: true}
	good := Map{
		"name": "a", "image": "repo/image:1", "portMappings": []any{Map{"containerPort": 80.0}},
		"healthCheck": Map{"command": List("CMD", "true"), "interval": 30.0, "timeout": 5.0, "retries": 3.0, "startPeriod": 60.0},
		"ulimits":     []any{Map{"name": "nofile", "softLimit": 10.0, "hardLimit": 20.0}},
		"secrets":     []any{Map{"name": "P", "valueFrom": "arn:aws:secretsmanager:eu-central-1:111122223333:secret:bus-AbCdEf:password::"}},
		"stopTimeout": 120.0, "linuxParameters": Map{"initProcessEnabled": true, "tmpfs": []any{Map{"containerPath": "/tmp", "size": 64.0}}},
	}
	read := func(c Map) []Problem {
		text, err := json.Marshal([]any{c})
		require.NoError(t, err)
		_, problems := parseContainers(string(text), around)
		return problems
	}
	require.Empty(t, read(good))
	for name, tc := range map[string]struct {
		change Map
		path   string
	}{
		"unknown field":    {Map{"helthCheck": Map{}}, "[0].helthCheck"},
		"field's case":     {Map{"Image": "x"}, "[0].Image"},
		"wrong type":       {Map{"essential": "true"}, "[0].essential"},
		"nested unknown":   {Map{"healthCheck": Map{"command": List("CMD", "x"), "intervall": 3.0}}, "[0].healthCheck.intervall"},
		"no image":         {Map{"image": nil}, "[0].image"},
		"name":             {Map{"name": "a b"}, "[0].name"},
		"not essential":    {Map{"essential": false}, ""},
		"host port":        {Map{"portMappings": []any{Map{"containerPort": 80.0, "hostPort": 81.0}}}, "[0].portMappings[0].hostPort"},
		"port":             {Map{"portMappings": []any{Map{"containerPort": 70000.0}}}, "[0].portMappings[0].containerPort"},
		"port twice":       {Map{"portMappings": []any{Map{"containerPort": 80.0}, Map{"containerPort": 80.0}}}, "[0].portMappings[1]"},
		"protocol":         {Map{"portMappings": []any{Map{"containerPort": 80.0, "protocol": "http"}}}, "[0].portMappings[0].protocol"},
		"health interval":  {Map{"healthCheck": Map{"command": List("CMD", "x"), "interval": 301.0}}, "[0].healthCheck.interval"},
		"health timeout":   {Map{"healthCheck": Map{"command": List("CMD", "x"), "timeout": 1.0}}, "[0].healthCheck.timeout"},
		"health retries":   {Map{"healthCheck": Map{"command": List("CMD", "x"), "retries": 11.0}}, "[0].healthCheck.retries"},
		"health command":   {Map{"healthCheck": Map{"command": List("curl")}}, "[0].healthCheck.command"},
		"ulimit":           {Map{"ulimits": []any{Map{"name": "files", "softLimit": 1.0, "hardLimit": 1.0}}}, "[0].ulimits[0].name"},
		"soft limit":       {Map{"ulimits": []any{Map{"name": "nofile", "softLimit": 2.0, "hardLimit": 1.0}}}, "[0].ulimits[0].softLimit"},
		"secret":           {Map{"secrets": []any{Map{"name": "P", "valueFrom": "arn:aws:secretsmanager:eu-central-1:111122223333:secret:bus"}}}, "[0].secrets[0].valueFrom"},
		"variable twice":   {Map{"environment": []any{Map{"name": "P", "value": "x"}}}, "[0].secrets[0].name"},
		"log driver":       {Map{"logConfiguration": Map{"logDriver": "cloudwatch"}}, "[0].logConfiguration.logDriver"},
		"log group":        {Map{"logConfiguration": Map{"logDriver": "awslogs", "options": Map{"awslogs-region": home}}}, "[0].logConfiguration.options.awslogs-group"},
		"log option":       {Map{"logConfiguration": Map{"logDriver": "awslogs", "options": Map{"awslogs-region": home, "awslogs-group": "g", "awslogs-prefix": "p"}}}, "[0].logConfiguration.options"},
		"memory too small": {Map{"memory": 5.0}, "[0].memory"},
		"memory of task":   {Map{"memory": 4096.0}, ""},
		"cpu of task":      {Map{"cpu": 2048.0}, ""},
		"mount":            {Map{"mountPoints": []any{Map{"sourceVolume": "v", "containerPath": "/v"}}}, "[0].mountPoints[0].sourceVolume"},
		"depends":          {Map{"dependsOn": []any{Map{"containerName": "b", "condition": "START"}}}, "[0].dependsOn[0].containerName"},
		"links":            {Map{"links": List("b")}, "[0].links"},
		"restart period":   {Map{"restartPolicy": Map{"enabled": true, "restartAttemptPeriod": 30.0}}, "[0].restartPolicy.restartAttemptPeriod"},
		"tmpfs":            {Map{"linuxParameters": Map{"tmpfs": []any{Map{"containerPath": "/tmp"}}}}, "[0].linuxParameters.tmpfs[0]"},
	} {
		found := read(with(good, tc.change))
		require.NotEmpty(t, found, name)
		require.Equal(t, tc.path, found[0].Path, "%s: %v", name, found)
	}
	for name, text := range map[string]string{
		"two names":  `[{"name":"a","image":"i"},{"name":"a","image":"i"}]`,
		"none":       `[]`,
		"an object":  `{"name":"a","image":"i"}`,
		"no memory?": `[{"name":"a","image":"i"}]`,
	} {
		surround := around
		if name == "no memory?" {
			surround.MemoryMiB = 0
		}
		_, problems := parseContainers(text, surround)
		require.NotEmpty(t, problems, name)
	}
}
