package config

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const anotherModel = `secretsprovider: awskms://alias/x?region=eu-central-1
config:
  # in eu-central-1
  aws:region: eu-central-1
  deepstreamhub:network:
    cidr: 10.16.0.0/16 # its own
    zones:
      - euc1-az1
      - "euc1-az2"
  deepstreamhub:backup: {copyTo: us-east-1}
  deepstreamhub:cluster: {ami: ami-0a1b2c3d4e5f60718}
  deepstreamhub:service: {image: "111122223333.dkr.ecr.eu-central-1.amazonaws.com/x@sha256:0"}
  deepstreamhub:edge:
    hostname: eu.example.com
`

func TestLike(t *testing.T) {
	for name, c := range map[string]struct {
		to        Another
		old, text string // of the model
		says      []string
	}{
		"all that differs": {
			to: Another{Region: "us-east-1", Taken: []string{"10.16.0.0/16", "10.17.128.0/20", "nonsense"}},
			says: []string{
				"awskms://alias/x?region=eu-central-1\n", "# in us-east-1\n", "aws:region: us-east-1\n", "cidr: 10.18.0.0/16 # its own\n",
				"      - use1-az1\n      - \"use1-az2\"\n", "{copyTo: eu-central-1}", "{ami: placeholder:ami-", "dkr.ecr.us-east-1.amazonaws.com/x@sha256:0", "hostname: us.example.com\n",
			},
		},
		"copies elsewhere stay": {to: Another{Region: "ap-southeast-1"}, says: []string{"{copyTo: us-east-1}", "hostname: ap.example.com\n"}},
		"a name":                {to: Another{Region: "sa-east-1", Name: "prod-brazil"}, says: []string{"hostname: brazil.example.com\n"}},
		"a hostname":            {to: Another{Region: "sa-east-1", Hostname: "sao.example.com"}, says: []string{"hostname: sao.example.com\n"}},
		"placeholder":           {to: Another{Region: "sa-east-1"}, old: `"1111`, text: `"placeholder:1111`, says: []string{`"placeholder:111122223333.dkr.ecr.sa-east-1.`}},
		"another registry":      {to: Another{Region: "sa-east-1"}, old: "111122223333.dkr.ecr.eu-central-1.amazonaws.com", text: "ghcr.io", says: []string{"ghcr.io/x@"}},
		"end of the range":      {to: Another{Region: "sa-east-1"}, old: "10.16.0.0/16", text: "10.255.0.0/16", says: []string{"error: no private range behind 10.255.0.0/16 is free"}},
		"same region":           {to: Another{Region: "eu-central-1"}, says: []string{"error: must be another than that of prod-eu"}},
		"unknown region":        {to: Another{Region: "eu-centrall-1"}, says: []string{"error: must be a commercial region", "nearest: eu-central-1"}},
		"no region":             {to: Another{Region: "sa-east-1"}, old: "  aws:region: eu-central-1\n", says: []string{"error: it has no aws:region"}},
		"more zones":            {to: Another{Region: "sa-east-1"}, old: "    zones:\n", text: "    zones:\n      - a\n      - b\n", says: []string{"error: must be at most the 3 that sa-east-1 has"}},
		"on several lines":      {to: Another{Region: "sa-east-1"}, old: "eu.example.com", text: "|\n      eu.example.com", says: []string{"error: line 14: a value is not written plainly"}},
		"no YAML":               {to: Another{Region: "sa-east-1"}, old: "config:", text: "\t:", says: []string{"error: read prod-eu: "}},
	} {
		t.Run(name, func(t *testing.T) {
			model := anotherModel
			if c.old != "" {
				require.Contains(t, model, c.old)
				model = strings.Replace(model, c.old, c.text, 1)
			}
			text, err := Like(project, []byte(model), "prod-eu", c.to)
			got := string(text)
			if err != nil {
				require.Empty(t, got)
				got = "error: " + err.Error()
			}
			for _, says := range c.says {
				says, refused := strings.CutPrefix(says, "error: ")
				require.Equal(t, refused || strings.HasPrefix(c.says[0], "error: "), err != nil, got)
				require.Contains(t, got, says)
			}
		})
	}
}

func TestStackName(t *testing.T) {
	for _, c := range [][3]string{{"ap-southeast-1", "prod-eu", "prod-ap"}, {"sa-east-1", "production", "production-sa"}, {"us-west-2", "a-b-eu", "a-b-us"}} {
		require.Equal(t, c[2], Another{Region: c[0]}.StackName(c[1]))
	}
}

func TestWithRegion(t *testing.T) {
	const file = "config:\n  b:account:\n    regions: [eu-central-1, 'us-east-1'] # those\n  b:github:\n    environments:\n      - prod-eu\n      - prod-us # last\n"
	once, err := WithRegion([]byte(file), "b", "sa-east-1", "prod-sa")
	require.NoError(t, err)
	require.Equal(t, "config:\n  b:account:\n    regions: [eu-central-1, 'us-east-1', sa-east-1] # those\n  b:github:\n    environments:\n      - prod-eu\n      - prod-us # last\n      - prod-sa\n", string(once))
	again, err := WithRegion(once, "b", "sa-east-1", "prod-sa")
	require.NoError(t, err)
	require.Equal(t, string(once), string(again))
	_, err = WithRegion([]byte("config: {b:account: {regions: []}}"), "b", "sa-east-1", "prod-sa")
	require.ErrorContains(t, err, "account.regions is no list with an item")
}
