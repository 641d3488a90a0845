package documents

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestEventPatternsAreReadStrictly(t *testing.T) {
	t.Parallel()
	for _, good := range []string{
		`{"source":["aws.ecs"],"detail-type":["ECS Deployment State Change"],"detail":{"eventName":["SERVICE_DEPLOYMENT_FAILED"]}}`,
		`{"source":["aws.ecs"],"resources":[{"prefix":"arn:aws:ecs:"}],"detail":{"a":{"b":[1,null,true,"x"]}}}`,
		`{"detail":{"$or":[{"a":["x"]},{"b":[{"numeric":[">",0,"<=",5]}]}]}}`,
		`{"detail":{"a":[{"anything-but":["x"]},{"exists":false},{"suffix":{"equals-ignore-case":".png"}},{"cidr":"10.0.0.0/24"},{"wildcard":"a*b"}]}}`,
	} {
		require.Empty(t, CheckEventPattern(good), good)
	}
	for bad, want := range map[string]string{
		`[]`:                                             "expected an object",
		`{}`:                                             "Empty objects",
		`{"source":"aws.ecs"}`:                           `"source" must be an object or an array`,
		`{"source":[]}`:                                  "Empty arrays",
		`{"Source":["aws.ecs"]}`:                         "no event has such a field",
		`{"detail":{}}`:                                  "Empty objects",
		`{"detail":{"a":[["x"]]}}`:                       "Match value must be",
		`{"detail":{"a":[{"begins":"x"}]}}`:              "Unrecognized match type begins",
		`{"detail":{"a":[{"prefix":1}]}}`:                "prefix does not take",
		`{"detail":{"a":[{"exists":"yes"}]}}`:            "exists does not take",
		`{"detail":{"a":[{"numeric":["~",1]}]}}`:         "numeric does not take",
		`{"detail":{"a":[{"numeric":[">"]}]}}`:           "numeric does not take",
		`{"detail":{"a":[{"prefix":"x","suffix":"y"}]}}`: "Only one key",
		`{"detail":{"$or":[{"a":["x"]}]}}`:               "at least two alternatives",
		`{"detail":{"$or":[{"a":["x"]},"b"]}}`:           "expected an object",
		`{"source":["a"],"source":["b"]}`:                "stands twice",
	} {
		require.Contains(t, fmt.Sprint(CheckEventPattern(bad)), want, bad)
	}
}
