package awsenv_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/internal/awsenv"
)

// A provider's inputs say as whom AWS is reached, whether the state has the role as a map or as JSON.
func TestAccessOf(t *testing.T) {
	t.Parallel()
	want := awsenv.Access{Profile: "prod", RoleARN: "arn:aws:iam::111122223333:role/x", SessionName: "hub", ExternalID: "e", Duration: 90 * time.Minute}
	role := map[string]any{"roleArn": want.RoleARN, "sessionName": "hub", "externalId": "e", "duration": "1h30m"}
	require.Equal(t, want, awsenv.AccessOf(map[string]any{"region": "eu-central-1", "profile": "prod", "assumeRole": role}))
	require.Equal(t, want, awsenv.AccessOf(map[string]any{"profile": "prod",
		"assumeRole": `{"roleArn":"arn:aws:iam::111122223333:role/x","sessionName":"hub","externalId":"e","duration":"1h30m"}`}))
	require.Equal(t, awsenv.Access{}, awsenv.AccessOf(map[string]any{"region": "eu-central-1"}))
	require.Equal(t, awsenv.Access{}, awsenv.AccessOf(map[string]any{"assumeRole": "no JSON"}))
}

// A role is taken with the environment's rights, as the configuration says, and what it gives is used.
func TestConfigTakesTheRole(t *testing.T) {
	asked := make(chan map[string][]string, 1)
	sts := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm()
		asked <- r.PostForm
		fmt.Fprintf(w, `<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials>
			<AccessKeyId>ASIAROLE</AccessKeyId><SecretAccessKey>secret</SecretAccessKey><SessionToken>token</SessionToken>
			<Expiration>%s</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>`, time.Now().Add(time.Hour).UTC().Format(time.RFC3339))
	}))
	t.Cleanup(sts.Close)
	for name, value := range map[string]string{
		"AWS_ACCESS_KEY_ID": "AKIACALLER", "AWS_SECRET_ACCESS_KEY": "x", "AWS_SESSION_TOKEN": "", "AWS_ENDPOINT_URL_STS": sts.URL,
		"AWS_CONFIG_FILE": t.TempDir() + "/none", "AWS_SHARED_CREDENTIALS_FILE": t.TempDir() + "/none",
	} {
		t.Setenv(name, value)
	}
	const role = "arn:aws:iam::111122223333:role/x"
	cfg, err := awsenv.Config(t.Context(), nil, "eu-central-1", awsenv.Access{RoleARN: role, SessionName: "hub", ExternalID: "e", Duration: 90 * time.Minute})
	require.NoError(t, err)
	got, err := cfg.Credentials.Retrieve(t.Context())
	require.NoError(t, err)
	require.Equal(t, "ASIAROLE", got.AccessKeyID)
	form := <-asked
	require.Equal(t, []string{role}, form["RoleArn"])
	require.Equal(t, []string{"hub"}, form["RoleSessionName"])
	require.Equal(t, []string{"e"}, form["ExternalId"])
	require.Equal(t, []string{"5400"}, form["DurationSeconds"])

	cfg, err = awsenv.Config(t.Context(), nil, "eu-central-1", awsenv.Access{})
	require.NoError(t, err)
	got, err = cfg.Credentials.Retrieve(t.Context())
	require.NoError(t, err)
	require.Equal(t, "AKIACALLER", got.AccessKeyID, "nobody's role")
}
