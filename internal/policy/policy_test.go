package policy

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

const (
	secretARN = "arn:aws:secretsmanager:eu-central-1:111122223333:secret:bus-AbCdEf"
	keyARN    = "arn:aws:kms:eu-central-1:111122223333:key/0f3c"
)

// base is a document that is right, so that each case below is wrong in one way.
func base() Document {
	return Document{Statements: []Statement{{
		Sid:       "ReadSecret",
		Actions:   []string{"secretsmanager:GetSecretValue"},
		Resources: On(secretARN),
	}}}
}

func TestJSONIsTheDocumentOfTheIAMGrammar(t *testing.T) {
	t.Parallel()
	d := Document{Kind: Resource, Statements: []Statement{
		{
			Sid:        "Use",
			Principals: []Principal{Service("logs.eu-central-1.amazonaws.com"), AWS("arn:aws:iam::111122223333:root")},
			Actions:    []string{"kms:Encrypt", "kms:Decrypt", "kms:Encrypt"},
			Resources:  AnyResource("in a key policy this is the key"),
			Conditions: []Condition{
				{"StringEquals", "kms:CallerAccount", []string{"111122223333"}},
				{"ArnLike", "kms:EncryptionContext:aws:logs:arn", []string{"arn:b<", "arn:a"}},
			},
		},
		{
			Effect:     Deny,
			Principals: []Principal{AnyPrincipal("nobody may talk plain HTTP")},
			Actions:    []string{"s3:*"},
			Resources:  On("arn:aws:s3:::logs", "arn:aws:s3:::logs/*"),
			Conditions: []Condition{{"Bool", "aws:SecureTransport", []string{"false"}}},
		},
	}}
	got, err := d.JSON()
	require.NoError(t, err)
	assert.Equal(t, `{"Version":"2012-10-17","Statement":[`+
		`{"Sid":"Use","Effect":"Allow","Principal":{"AWS":["arn:aws:iam::111122223333:root"],"Service":["logs.eu-central-1.amazonaws.com"]},`+
		`"Action":["kms:Decrypt","kms:Encrypt"],"Resource":["*"],`+
		`"Condition":{"ArnLike":{"kms:EncryptionContext:aws:logs:arn":["arn:a","arn:b<"]},"StringEquals":{"kms:CallerAccount":["111122223333"]}}},`+
		`{"Effect":"Deny","Principal":"*","Action":["s3:*"],"Resource":["arn:aws:s3:::logs","arn:aws:s3:::logs/*"],`+
		`"Condition":{"Bool":{"aws:SecureTransport":["false"]}}}]}`, got)
}

func TestJSONDoesNotDependOnTheOrderOfLists(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		actions := rapid.SliceOfN(rapid.StringMatching(`[a-z]{2,8}:[A-Z][A-Za-z]{1,8}`), 1, 6).Draw(t, "actions")
		shuffled := rapid.Permutation(actions).Draw(t, "shuffled")
		one, err := Document{Statements: []Statement{{Actions: actions, Resources: On(keyARN, secretARN)}}}.JSON()
		require.NoError(t, err)
		other, err := Document{Statements: []Statement{{Actions: shuffled, Resources: On(secretARN, keyARN)}}}.JSON()
		require.NoError(t, err)
		assert.Equal(t, one, other)
		assert.True(t, json.Valid([]byte(one)))
	})
}

func TestJSONRefuses(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		change func(*Document, *Statement)
		want   string
	}{
		"no statement":              {func(d *Document, _ *Statement) { d.Statements = nil }, "no statement"},
		"unknown kind":              {func(d *Document, _ *Statement) { d.Kind = "bucket" }, "kind"},
		"sid with a dash":           {func(_ *Document, s *Statement) { s.Sid = "read-secret" }, "letters and digits"},
		"sid twice":                 {func(d *Document, s *Statement) { d.Statements = append(d.Statements, *s) }, "same Sid"},
		"unknown effect":            {func(_ *Document, s *Statement) { s.Effect = "Permit" }, "effect"},
		"no action":                 {func(_ *Document, s *Statement) { s.Actions = nil }, "no action"},
		"any action":                {func(_ *Document, s *Statement) { s.Actions = []string{"*"} }, `action "*"`},
		"any service":               {func(_ *Document, s *Statement) { s.Actions = []string{"*:*"} }, `action "*:*"`},
		"whole service":             {func(_ *Document, s *Statement) { s.Actions = []string{"s3:*"} }, "all of a service"},
		"action without service":    {func(_ *Document, s *Statement) { s.Actions = []string{"GetObject"} }, "service:Name"},
		"no resource":               {func(_ *Document, s *Statement) { s.Resources = On() }, "no resource"},
		"bare star":                 {func(_ *Document, s *Statement) { s.Resources = On("*") }, "AnyResource with a reason"},
		"any without reason":        {func(_ *Document, s *Statement) { s.Resources = AnyResource(" ") }, "needs a reason"},
		"resource is no ARN":        {func(_ *Document, s *Statement) { s.Resources = On("bus-secret") }, "not an ARN"},
		"identity with principal":   {func(_ *Document, s *Statement) { s.Principals = []Principal{AWS("111122223333")} }, "no principal"},
		"resource no principal":     {func(d *Document, _ *Statement) { d.Kind = Resource }, "no principal"},
		"trust with resource":       {func(d *Document, _ *Statement) { d.Kind = Trust }, "names no resource"},
		"operator unknown":          {condition("StringEqual", "aws:SourceAccount", "1"), "unknown to IAM"},
		"null if exists":            {condition("NullIfExists", "aws:SourceAccount", "true"), "unknown to IAM"},
		"condition key bare":        {condition("StringEquals", "SourceAccount", "1"), "service:name"},
		"condition without value":   {condition("StringEquals", "aws:SourceAccount"), "no value"},
		"condition with no content": {condition("StringEquals", "aws:SourceAccount", ""), "empty value"},
		"condition twice": {func(_ *Document, s *Statement) {
			c := Condition{"StringEquals", "aws:SourceAccount", []string{"1"}}
			s.Conditions = []Condition{c, c}
		}, "given twice"},
		"everybody allowed": {func(d *Document, s *Statement) {
			d.Kind, s.Principals = Resource, []Principal{AnyPrincipal("open")}
		}, "allows everybody"},
		"everybody without reason": {func(d *Document, s *Statement) {
			d.Kind, s.Effect, s.Principals = Resource, Deny, []Principal{AnyPrincipal("")}
		}, "AnyPrincipal needs a reason"},
		"everybody and one more": {func(d *Document, s *Statement) {
			d.Kind, s.Effect, s.Principals = Resource, Deny, []Principal{AnyPrincipal("all"), AWS("111122223333")}
		}, "meaningless"},
		"principal empty": {func(d *Document, s *Statement) { d.Kind, s.Principals = Resource, []Principal{AWS()} }, "names nobody"},
		"service misspelt": {func(d *Document, s *Statement) {
			d.Kind, s.Principals = Resource, []Principal{Service("ecs-tasks")}
		}, "not a service's name"},
		"AWS principal misspelt": {func(d *Document, s *Statement) {
			d.Kind, s.Principals = Resource, []Principal{AWS("root")}
		}, "neither an ARN"},
	}
	_, err := base().JSON()
	require.NoError(t, err, "the base document must be right, or the cases prove nothing")
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := base()
			test.change(&d, &d.Statements[0])
			got, err := d.JSON()
			require.ErrorContains(t, err, test.want)
			assert.Empty(t, got)
		})
	}
}

func condition(operator, key string, values ...string) func(*Document, *Statement) {
	return func(_ *Document, s *Statement) { s.Conditions = []Condition{{operator, key, values}} }
}

func TestJSONReportsEveryProblemAtOnce(t *testing.T) {
	t.Parallel()
	_, err := Document{Statements: []Statement{{Sid: "a b"}, {Actions: []string{"*"}, Resources: On("*")}}}.JSON()
	for _, want := range []string{"statement 1 (a b)", "no action", "no resource", `action "*"`, `statement 2: resource "*"`} {
		assert.ErrorContains(t, err, want)
	}
}

func TestOperatorsTakePrefixAndSuffix(t *testing.T) {
	t.Parallel()
	for _, operator := range []string{"StringEquals", "ForAnyValue:StringLike", "ForAllValues:ArnLikeIfExists", "BoolIfExists", "Null"} {
		assert.True(t, knownOperator(operator), operator)
	}
	for _, operator := range []string{"", "IfExists", "stringequals", "ForAnyValue:", "NullIfExists"} {
		assert.False(t, knownOperator(operator), operator)
	}
}

func TestTrustServiceGuardsAgainstTheConfusedDeputy(t *testing.T) {
	t.Parallel()
	source := Source{"111122223333", "arn:aws:ecs:eu-central-1:111122223333:*"}
	d, err := TrustService("ecs-tasks.amazonaws.com", source)
	require.NoError(t, err)
	got, err := d.JSON()
	require.NoError(t, err)
	assert.Equal(t, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":["ecs-tasks.amazonaws.com"]},`+
		`"Action":["sts:AssumeRole"],"Condition":{"ArnLike":{"aws:SourceArn":["arn:aws:ecs:eu-central-1:111122223333:*"]},`+
		`"StringEquals":{"aws:SourceAccount":["111122223333"]}}}]}`, got)

	d, err = TrustService("ec2.amazonaws.com", Source{})
	require.NoError(t, err)
	got, err = d.JSON()
	require.NoError(t, err)
	assert.NotContains(t, got, "Condition")

	d, err = TrustService("backup.amazonaws.com", Source{Account: "111122223333"})
	require.NoError(t, err)
	got, err = d.JSON()
	require.NoError(t, err)
	assert.Contains(t, got, `"Condition":{"StringEqualsIfExists":{"aws:SourceAccount":["111122223333"]}}`,
		"a plain comparison fails where the service sends no source")

	d, err = TrustService("s3.amazonaws.com", Source{Account: "111122223333", ARN: "arn:aws:s3:::state"})
	require.NoError(t, err)
	got, err = d.JSON()
	require.NoError(t, err)
	assert.Contains(t, got, `"Condition":{"ArnLikeIfExists":{"aws:SourceArn":["arn:aws:s3:::state"]},"StringEqualsIfExists":{"aws:SourceAccount":["111122223333"]}}`,
		"S3's guide shows a trust without conditions for replication")

	_, err = TrustService("ec2.amazonaws.com", source)
	require.ErrorContains(t, err, "sends no source")
	_, err = TrustService("ecs-tasks.amazonaws.com", Source{})
	require.ErrorContains(t, err, "twelve digits")
	_, err = TrustService("ecs-tasks.amazonaws.com", Source{"111122223333", "the service"})
	require.ErrorContains(t, err, "not an ARN")
}

func TestARN(t *testing.T) {
	t.Parallel()
	assert.Equal(t, keyARN, ARN{"aws", "kms", "eu-central-1", "111122223333", "key/0f3c"}.String())
	assert.Equal(t, "arn:aws-cn:s3:::logs/*", ARN{Partition: "aws-cn", Service: "s3", Resource: "logs/*"}.String())
}

func TestParseARN(t *testing.T) {
	t.Parallel()
	const cluster = "arn:aws-cn:ecs:cn-north-1:111122223333:cluster/main"
	for _, of := range [][2]string{{"", ""}, {"ecs", ""}, {"ecs", "cluster/"}} {
		arn, err := ParseARN(cluster, of[0], of[1])
		require.NoError(t, err)
		assert.Equal(t, ARN{"aws-cn", "ecs", "cn-north-1", "111122223333", "cluster/main"}, arn)
		assert.Equal(t, cluster, arn.String())
		assert.Equal(t, "arn:aws-cn:logs:cn-north-1:111122223333:*", arn.Near("logs", "*"))
	}
	for _, bad := range []string{"", "main", "arn:aws:s3:::bucket", "arn:aws:ecs:eu-central-1:1:cluster/main"} {
		_, err := ParseARN(bad, "", "")
		require.ErrorContains(t, err, "is not the ARN of anything in an account", bad)
	}
	for _, bad := range []string{
		"arn:aws:ec2:eu-central-1:111122223333:cluster/main", "arn:aws:ecs:eu-central-1:111122223333:service/main",
		"arn:aws:ecs:eu-central-1:111122223333:cluster/",
	} {
		_, err := ParseARN(bad, "ecs", "cluster/")
		require.ErrorContains(t, err, "is not the ARN of ecs cluster in an account", bad)
	}
}

func TestLimits(t *testing.T) {
	t.Parallel()
	tests := []struct {
		limit Limit
		chars int
	}{{ManagedPolicy, 6144}, {InlinePolicies, 10240}, {TrustPolicy, 2048}}
	for _, test := range tests {
		assert.NoError(t, test.limit.Check(strings.Repeat("x \n", test.chars)), "white space does not count")
		assert.ErrorContains(t, test.limit.Check(strings.Repeat("x", test.chars+1)), "at most")
	}
	assert.ErrorContains(t, InlinePolicies.Check(strings.Repeat("x", 6000), strings.Repeat("x", 6000)), "12000 characters")
	assert.ErrorContains(t, TrustPolicy.Check("a", "b"), "one document")
}

func TestLogKey(t *testing.T) {
	t.Parallel()
	text, err := LogKey("aws", "eu-central-1", "111122223333", "/hub/x").JSON()
	require.NoError(t, err)
	require.Contains(t, text, `"kms:EncryptionContext:aws:logs:arn":["arn:aws:logs:eu-central-1:111122223333:log-group:/hub/x"]`)
	require.Contains(t, text, `"logs.eu-central-1.amazonaws.com"`)
	require.Contains(t, text, `"arn:aws:iam::111122223333:root"`)
}
