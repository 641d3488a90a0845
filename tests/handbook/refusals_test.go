package handbook

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// Every form in which the packages write down a rule, and what is no rule of its own.
const rules = `package p

const longest = 64

func (c *checker) check() {
	c.refuse("a.plain", "must be plain", "")
	c.refuse("a.joined", "must be "+"joined", "")
	c.refuse("a.constant", fmt.Sprintf("at most %d of %s, 100%%", longest, c.name), "")
	c.refuseValue("a.value", 1, "must be a value", "")
	for _, key := range []string{"a.first", "a.second"} {
		c.refuse(key, "must be listed", "")
	}
	for i := range c.list {
		key := fmt.Sprintf("a.list[%d]", i)
		c.refuse(key, "must fit", "")
	}
	if rule, near := ruleOf(c.x); rule != "" {
		c.refuse("a.returned", rule, near)
	}
	c.image("a.image")
	for _, r := range table {
		c.refuse(r.key, r.rule, "")
	}
	needed := 0
	c.refuse("a.counted", fmt.Sprintf("must be at least %d", needed), "")
	rs.number("a.number", 1, 2, "must be below %d of %s", 3, 4)
}

func (c *checker) image(key string) {
	rule := "must be pinned"
	rule += "; a tag moves"
	c.refuse(key, rule, "")
}

func (c *checker) refuse(key, rule, nearest string) { c.refuseValue(key, nil, rule, nearest) }

func ruleOf(x int) (rule, near string) {
	if x > 1 {
		return "must be one", "1"
	}
	return "", ""
}
`

func TestRefusals(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "rules.go"), []byte(rules), 0o600))
	got, err := Refusals(dir)
	require.NoError(t, err)
	require.Equal(t, []Refusal{
		{"a.constant", "at most 64 of …, 100%"},
		{"a.counted", "must be at least …"},
		{"a.first", "must be listed"},
		{"a.image", "must be pinned"},
		{"a.joined", "must be joined"},
		{"a.list[…]", "must fit"},
		{"a.number", "must be below … of …"},
		{"a.plain", "must be plain"},
		{"a.returned", "must be one"},
		{"a.second", "must be listed"},
		{"a.value", "must be a value"},
	}, got)

	_, err = Refusals(filepath.Join(dir, "none"))
	require.NoError(t, err, "a folder without source has no rules")
	require.NoError(t, os.WriteFile(filepath.Join(dir, "rules.go"), []byte("package"), 0o600))
	_, err = Refusals(dir)
	require.ErrorContains(t, err, "read rules")
}
