package documents

import (
	"cmp"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"

	"github.com/deepstreamhub/platform/internal/awssim/facts"
)

// imageRules is the form of a lifecycle policy (ECR User Guide, "Lifecycle policy properties in Amazon ECR").
type imageRules struct {
	Rules []imageRule `json:"rules"`
}

type imageRule struct {
	RulePriority int    `json:"rulePriority"`
	Description  string `json:"description"`
	Selection    struct {
		TagStatus      string   `json:"tagStatus"`
		TagPrefixList  []string `json:"tagPrefixList"`
		TagPatternList []string `json:"tagPatternList"`
		CountType      string   `json:"countType"`
		CountUnit      string   `json:"countUnit"`
		CountNumber    int      `json:"countNumber"`
	} `json:"selection"`
	Action struct {
		Type string `json:"type"`
	} `json:"action"`
}

// CheckImageRules returns every problem of a repository's lifecycle policy.
func CheckImageRules(text string) []facts.Problem {
	var doc imageRules
	problems := Decode(text, &doc)
	if len(problems) > 0 {
		return problems
	}
	fail := func(i int, format string, args ...any) {
		problems = append(problems, facts.Problem{Path: fmt.Sprintf("rules[%d]", i), Reason: fmt.Sprintf(format, args...)})
	}
	if len(doc.Rules) == 0 || len(doc.Rules) > 50 {
		return []facts.Problem{{Path: "rules", Reason: fmt.Sprintf("a lifecycle policy has 1 to 50 rules, not %d", len(doc.Rules))}}
	}
	seen, last := map[int]bool{}, 0
	for _, r := range doc.Rules {
		last = max(last, r.RulePriority)
	}
	for i, r := range doc.Rules {
		s := r.Selection
		if r.RulePriority < 1 || seen[r.RulePriority] {
			fail(i, "rulePriority %d must be a number of its own, from 1", r.RulePriority)
		}
		seen[r.RulePriority] = true
		if !OneOf(s.TagStatus, "tagged untagged any") {
			fail(i, "tagStatus %q must be tagged, untagged or any", s.TagStatus)
		}
		if named := len(s.TagPrefixList) + len(s.TagPatternList); (s.TagStatus == "tagged") != (named > 0) {
			fail(i, "tagPrefixList or tagPatternList goes with tagStatus tagged, and only with it")
		}
		if s.TagStatus == "any" && r.RulePriority != last {
			fail(i, "a rule for any image must have the highest rulePriority")
		}
		if byAge := s.CountType == "sinceImagePushed"; !OneOf(s.CountType, "imageCountMoreThan sinceImagePushed") || byAge != (s.CountUnit == "days") || s.CountNumber < 1 {
			fail(i, "countType must be imageCountMoreThan, or sinceImagePushed with countUnit days, with a countNumber from 1")
		}
		if r.Action.Type != "expire" {
			fail(i, "action %q must be expire", r.Action.Type)
		}
	}
	return problems
}

// SameImageRules reports whether two lifecycle policies are one to the provider: rules go by their priority, and tags in any order
// (provider, ecr/lifecycle_policy.go).
func SameImageRules(a, b string) bool {
	var docs [2]imageRules
	for i, text := range []string{a, b} {
		if json.Unmarshal([]byte(text), &docs[i]) != nil {
			return false
		}
		slices.SortStableFunc(docs[i].Rules, func(a, b imageRule) int { return cmp.Compare(a.RulePriority, b.RulePriority) })
		for _, r := range docs[i].Rules {
			slices.Sort(r.Selection.TagPrefixList)
			slices.Sort(r.Selection.TagPatternList)
		}
	}
	return reflect.DeepEqual(docs[0], docs[1])
}
