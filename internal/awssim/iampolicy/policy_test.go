package iampolicy

import (
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestPoliciesAreReadStrictly(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		use  Use
		text string
		want string // part of the error; empty: accepted
	}{
		"identity":        {Identity, `{"Version":"2012-10-17","Statement":[{"Sid":"A1","Effect":"Allow","Action":["s3:Get*"],"Resource":"arn:aws:s3:::b/*"}]}`, ""},
		"one statement":   {Identity, `{"Version":"2012-10-17","Statement":{"Effect":"Deny","NotAction":"iam:*","Resource":"*"}}`, ""},
		"trust":           {Trust, `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}}`, ""},
		"everybody":       {Resource, `{"Version":"2008-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"*","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":false}}}]}`, ""},
		"set operator":    {Identity, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"*","Condition":{"ForAllValues:StringLikeIfExists":{"aws:TagKeys":["a","b"]}}}]}`, ""},
		"not JSON":        {Identity, `{"Version"`, "not JSON"},
		"two documents":   {Identity, `{} {}`, "text after the value"},
		"name twice":      {Identity, `{"Version":"2012-10-17","Version":"2012-10-17","Statement":[]}`, "stands twice"},
		"a list":          {Identity, `[]`, "expected an object"},
		"version":         {Identity, `{"Version":"2012-10-18","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}`, "Version"},
		"no version":      {Identity, `{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}`, "Version: missing"},
		"no statement":    {Identity, `{"Version":"2012-10-17","Statement":[]}`, "at least one statement"},
		"unknown element": {Identity, `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Actions":"*","Resource":"*"}}`, "Statement[0].Actions: no such element"},
		"lower case":      {Identity, `{"version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}`, "version: no such element"},
		"effect":          {Identity, `{"Version":"2012-10-17","Statement":{"Effect":"allow","Action":"*","Resource":"*"}}`, "expected Allow or Deny"},
		"sid":             {Identity, `{"Version":"2012-10-17","Statement":{"Sid":"a-b","Effect":"Allow","Action":"*","Resource":"*"}}`, "only letters and digits"},
		"sid twice":       {Identity, `{"Version":"2012-10-17","Statement":[{"Sid":"a","Effect":"Allow","Action":"*","Resource":"*"},{"Sid":"a","Effect":"Allow","Action":"*","Resource":"*"}]}`, "names another statement"},
		"action":          {Identity, `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"GetObject","Resource":"*"}}`, "neither * nor service:Action"},
		"both actions":    {Identity, `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","NotAction":"s3:*","Resource":"*"}}`, "stands beside NotAction"},
		"no resource":     {Identity, `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*"}}`, "Statement[0].Resource: missing"},
		"resource":        {Identity, `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"bucket"}}`, "neither * nor an ARN"},
		"principal":       {Identity, `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"*"}}`, "has no principal"},
		"trust resource":  {Trust, `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole","Resource":"*"}}`, "has no resource"},
		"trust action":    {Trust, `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"s3:GetObject"}}`, "only STS actions"},
		"no principal":    {Resource, `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}`, "Principal: missing"},
		"principal kind":  {Trust, `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Role":"x"},"Action":"sts:AssumeRole"}}`, "no such kind of principal"},
		"service name":    {Trust, `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Service":"ecs-tasks"},"Action":"sts:AssumeRole"}}`, "not a principal"},
		"operator":        {Identity, `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"StringEqual":{"aws:a":"b"}}}}`, "no such condition operator"},
		"null if exists":  {Identity, `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"NullIfExists":{"aws:a":"true"}}}}`, "no such condition operator"},
		"condition key":   {Identity, `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"StringEquals":{"SourceArn":"b"}}}}`, "service:key"},
	} {
		_, err := Parse(tc.text, tc.use)
		if tc.want == "" {
			require.NoError(t, err, name)
		} else {
			require.ErrorContains(t, err, tc.want, name)
		}
	}
}

func TestPoliciesReportEveryProblem(t *testing.T) {
	t.Parallel()
	_, err := Parse(`{"Version":"1","Statement":[{"Effect":"x","Action":"y"}]}`, Identity)
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
	statements, err := Parse(text, Resource)
	require.NoError(t, err)
	logs := Principal{"Service", "logs.eu-central-1.amazonaws.com"}
	context := map[string]string{"kms:encryptioncontext:aws:logs:arn": "arn:aws:logs:x:111122223333:log-group:/a/b", "aws:sourceaccount": "111122223333"}
	for name, tc := range map[string]struct {
		request Request
		want    bool
	}{
		"allowed":           {Request{Principal: logs, Action: "kms:Encrypt", Resource: "k", Context: context}, true},
		"case of actions":   {Request{Principal: logs, Action: "kms:Decrypt", Resource: "k", Context: context}, true},
		"role of account":   {Request{Principal: Principal{"AWS", "arn:aws:iam::111122223333:role/x"}, Action: "kms:Encrypt", Resource: "k", Context: context}, true},
		"other action":      {Request{Principal: logs, Action: "kms:DescribeKey", Resource: "k", Context: context}, false},
		"other service":     {Request{Principal: Principal{"Service", "logs.amazonaws.com"}, Action: "kms:Encrypt", Resource: "k", Context: context}, false},
		"other account":     {Request{Principal: Principal{"AWS", "arn:aws:iam::444455556666:role/x"}, Action: "kms:Encrypt", Resource: "k", Context: context}, false},
		"condition absent":  {Request{Principal: logs, Action: "kms:Encrypt", Resource: "k", Context: nil}, false},
		"denied when alien": {Request{Principal: logs, Action: "kms:Decrypt", Resource: "k", Context: map[string]string{"kms:encryptioncontext:aws:logs:arn": "arn:aws:logs:x:111122223333:log-group:/a/b", "aws:sourceaccount": "4"}}, false},
	} {
		require.Equal(t, tc.want, Allows(statements, tc.request), name)
		late := tc.request
		late.Context, late.Carries = nil, func() map[string]string { return tc.request.Context }
		require.Equal(t, tc.want, Allows(statements, late), "%s, with keys that are worked out late", name)
	}
}

func TestWildcardsMatchWhatTheyCover(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.StringMatching(`[a-c:]{0,8}`).Draw(t, "s")
		cut := rapid.IntRange(0, len(s)).Draw(t, "cut")
		end := rapid.IntRange(cut, len(s)).Draw(t, "end")
		require.True(t, Matches(s[:cut]+"*"+s[end:], s))
		require.True(t, Matches(strings.Repeat("?", len(s)), s))
		require.False(t, Matches(s[:cut]+"d*", s), "d is in no s")
		pattern := rapid.StringMatching(`[a-b*?]{0,6}`).Draw(t, "pattern")
		as := regexp.MustCompile("^" + strings.NewReplacer("*", ".*", "?", ".").Replace(pattern) + "$")
		require.Equal(t, as.MatchString(s), Matches(pattern, s), pattern)
	})
}
