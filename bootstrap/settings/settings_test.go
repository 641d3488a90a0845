package settings

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/internal/config"
)

// tracked are the tracked settings as raw values.
func tracked(t *testing.T) config.Source {
	t.Helper()
	src, err := schema.ReadFiles("..", Stack)
	require.NoError(t, err)
	return src
}

func TestTrackedSettings(t *testing.T) {
	t.Parallel()
	s, err := Load(tracked(t), config.Options{Offline: true})
	require.NoError(t, err)
	require.Equal(t, "111122223333", s.Account.ID)
	require.True(t, *s.Account.Protect)
	require.Equal(t, 90, s.State.OldVersionDays, "a default beside what the file says of the group")
	_, err = Load(tracked(t), config.Options{})
	require.ErrorContains(t, err, "account.id = \"placeholder:111122223333\": is a placeholder, which only an offline run accepts")
}

// Every problem is told at once, each with its key, value and rule.
func TestAllProblemsAtOnce(t *testing.T) {
	t.Parallel()
	src := tracked(t)
	for key, raw := range map[string]string{
		"account":  `{"id":"12","regions":["eu-central-1","eu-central-1","mars"],"owner":"","costCentre":"a","portect":true}`,
		"state":    `{"replicaRegion":"eu-central-1","oldVersionDays":1}`,
		"github":   `{"repository":"deepstreamhub","branch":"*","environments":["preview","prod-*"]}`,
		"names":    `{"zone":"Example","makeZone":true,"shared":["a.example.net"]}`,
		"images":   `{"repositories":["Deepstream"],"keep":1}`,
		"baseline": `{"trail":"yes","trailDays":10,"sessionLogDays":100}`,
		"budget":   `{"monthlyUSD":100,"notify":["nobody"]}`,
	} {
		src.Values[src.Project+":"+key] = raw
	}
	_, err := Load(src, config.Options{Offline: true})
	require.Error(t, err)
	for _, want := range []string{
		"account.id = \"12\": must be the account's number", "eu-central-1 stands there twice", "\"mars\" is no commercial AWS region", "account.owner is not set",
		"account.portect = true: there is no such key", "nearest: account.protect", "account.protect is not set",
		"state.replicaRegion = \"eu-central-1\": must be another region", "state.oldVersionDays = 1: must be a whole number from 7 to 3650",
		"github.repository = \"deepstreamhub\": must be owner/name", "github.branch = \"*\"", "\"preview\" is the environment that previews", "\"prod-*\" must be an environment's name",
		"names.zone = \"Example\"", "\"a.example.net\" must be inside names.zone", "\"Deepstream\" must be lower case", "images.keep = 1",
		"baseline.trail = \"yes\": must be true or false", "baseline.trailDays = 10", "baseline.sessionLogDays = 100: must be one of", "\"nobody\" must be a mail address",
	} {
		require.ErrorContains(t, err, want)
	}
	require.Equal(t, 1, strings.Count(err.Error(), "baseline.trail ="))
}

func TestRulesOfOtherRules(t *testing.T) {
	t.Parallel()
	for key, bad := range map[string][2]string{
		"aws:region":                     {"us-west-2", "must hold aws:region"},
		"deepstreamhub-bootstrap:github": {`{"environments":[]}`, "github.enabled be false"},
		"deepstreamhub-bootstrap:budget": {`{"monthlyUSD":1}`, "a budget tells nobody else"},
		"deepstreamhub-bootstrap:images": {`{"repositories":["aa","aa"]}`, "stands there twice"},
	} {
		src := tracked(t)
		src.Values[key] = bad[0]
		_, err := Load(src, config.Options{Offline: true})
		require.ErrorContains(t, err, bad[1], key)
	}
}

// Regions are those that there are, and not what is spelt like one.
func TestRegionsThatThereAre(t *testing.T) {
	t.Parallel()
	account := func(regions, copies string) string {
		return `{"id":"111122223333","regions":["eu-central-1",` + regions + `],"copies":[` + copies + `],"owner":"a","costCentre":"b","protect":true}`
	}
	for key, values := range map[string]struct{ taken, refused string }{
		"aws:region":                      {"eu-central-1", "eu-central-9"},
		"deepstreamhub-bootstrap:state":   {`{"replicaRegion":"us-west-1"}`, `{"replicaRegion":"us-gov-west-1"}`},
		"deepstreamhub-bootstrap:account": {account(`"us-east-1"`, `"eu-north-1"`), account(`"us-east-1"`, `"xx-foo-9"`)},
	} {
		src := tracked(t)
		src.Values[key] = values.taken
		_, err := Load(src, config.Options{Offline: true})
		require.NoError(t, err, key)
		src.Values[key] = values.refused
		_, err = Load(src, config.Options{Offline: true})
		require.ErrorContains(t, err, "commercial AWS region", key)
	}
}

// The platform's regions are as many as the roles' policies have room for: more are refused before anything is made, and
// not by IAM in the middle of it.
func TestRegionsFitIntoPolicies(t *testing.T) {
	t.Parallel()
	regions := []string{
		"eu-central-1", "us-east-1", "ap-southeast-1", "ap-northeast-1", "sa-east-1", "us-west-2", "ap-southeast-2", "ca-central-1", "eu-west-1", "ap-south-1",
		"ap-southeast-3", "ap-southeast-4", "ap-southeast-5",
	}
	with := func(n int) error {
		src := tracked(t)
		text, err := json.Marshal(map[string]any{
			"id": "111122223333", "regions": regions[:n], "copies": []string{"eu-north-1"}, "owner": "a", "costCentre": "b", "protect": true,
		})
		require.NoError(t, err)
		src.Values[src.Project+":account"] = string(text)
		_, err = Load(src, config.Options{Offline: true})
		return err
	}
	for n := 2; n <= 9; n++ {
		require.NoError(t, with(n), "%d regions", n)
	}
	require.ErrorContains(t, with(len(regions)), "account.regions = [")
	require.ErrorContains(t, with(len(regions)), "policy look-data: check policy size: ")
}
