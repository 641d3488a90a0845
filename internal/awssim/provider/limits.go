package provider

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/deepstreamhub/platform/internal/awssim/facts"
	"github.com/deepstreamhub/platform/internal/awssim/schema"
)

// longestText is more characters than any AWS API takes in a string that is not a document of its own: a secret's value,
// the longest, has 65536 bytes (Secrets Manager quotas).
const longestText = 65536

// longTexts are inputs beside documents that may be longer, or hold any byte.
var longTexts = []string{"containerDefinitions", "secretString", "secretBinary", "userData", "content", "dashboardBody"}

// limits refuses what no request to AWS can carry, whatever the type: text without end or with NUL characters in it, which
// neither XML nor a query string can hold, and integers that do not fit the APIs' 32 bits.
func limits(r schema.Resource, t *facts.Type, in cloud.Map) []cloud.Problem {
	var problems []cloud.Problem
	for _, name := range sorted(in) {
		if field := r.Inputs.Fields[name]; field != nil && !holdsJSON(t.Fields[name]) && !slices.Contains(longTexts, name) {
			limit(field, name, in[name], &problems)
		}
	}
	return problems
}

func limit(s *schema.Schema, path string, v any, problems *[]cloud.Problem) {
	fail := func(format string, args ...any) {
		*problems = append(*problems, cloud.Problem{Path: path, Reason: fmt.Sprintf(format, args...)})
	}
	switch v := v.(type) {
	case string:
		if len(v) > longestText {
			fail("%d characters are more than AWS takes", len(v))
		}
		if strings.ContainsRune(v, 0) {
			fail("must not hold a NUL character")
		}
	case float64:
		// Sizes of objects are the exception (S3 API, LifecycleRuleFilter).
		if s.Type == "integer" && math.Abs(v) > math.MaxInt32 && !strings.Contains(path, "objectSize") {
			fail("expected an integer of 32 bits, got %v", v)
		}
	case []any:
		for i, e := range v {
			if s.Elem != nil {
				limit(s.Elem, fmt.Sprintf("%s[%d]", path, i), e, problems)
			}
		}
	case cloud.Map:
		for _, name := range sorted(v) {
			if field := s.Field(name); field != nil {
				limit(field, schema.Join(path, name), v[name], problems)
			}
		}
	}
}
