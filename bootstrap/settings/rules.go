package settings

import (
	"fmt"
	"net/mail"
	"regexp"
	"slices"
	"strings"

	"github.com/deepstreamhub/platform/internal/config"
	"github.com/deepstreamhub/platform/internal/naming"
)

// checker holds Settings against the rules. Keys in bad did not decode and are left alone.
type checker struct {
	s        Settings
	bad      map[string]bool
	problems config.Problems
}

func (c *checker) ok(key string) bool {
	group, _, _ := strings.Cut(key, ".")
	return !c.bad[key] && !c.bad[group]
}

func (c *checker) refuse(key string, value any, nearest, rule string, args ...any) {
	if c.ok(key) {
		c.problems = append(c.problems, config.NewProblem(key, value, fmt.Sprintf(rule, args...), nearest))
	}
}

func (c *checker) check() {
	c.checkRequired()
	c.checkNumbers()
	c.checkTexts()
	c.checkRegions()
	c.checkGitHub()
	c.checkNames()
	c.checkLists()
	c.checkRights()
}

func (c *checker) checkRequired() {
	for _, r := range []struct {
		key   string
		unset bool
		rule  string
	}{
		{"aws:region", c.s.Region == "", "the region that the state lives in must be given"},
		{"account.id", c.s.Account.ID == "", "the account's number must be given: nothing may happen in another account by mistake"},
		{"account.regions", len(c.s.Account.Regions) == 0, "the platform's regions must be given"},
		{"account.owner", c.s.Account.Owner == "", "the owner must be given: it is a tag on everything"},
		{"account.costCentre", c.s.Account.CostCentre == "", "the cost centre must be given: it is a tag on everything"},
		{"account.protect", c.s.Account.Protect == nil, "must be true or false: true keeps everybody's state from being destroyed, and leaving it out is no answer"},
		{"state.replicaRegion", c.s.State.ReplicaRegion == "", "a second region must be given, in which the state survives the loss of the first"},
	} {
		if r.unset {
			c.refuse(r.key, nil, "", "%s", r.rule)
		}
	}
}

// numbers are the ranges, both ends included.
var numbers = []struct {
	key      string
	of       func(Settings) int
	min, max int
	why      string
}{
	{"state.oldVersionDays", func(s Settings) int { return s.State.OldVersionDays }, 7, 3650, "the way back from a broken state has to outlast a week"},
	{"images.keep", func(s Settings) int { return s.Images.Keep }, 10, 10000, "a rollback needs images that are no longer deployed; 10000 is ECR's quota"},
	{"images.untaggedDays", func(s Settings) int { return s.Images.UntaggedDays }, 1, 3650, "a push may still be tagging"},
	{"baseline.trailDays", func(s Settings) int { return s.Baseline.TrailDays }, 90, 3650, "CloudTrail's own history has 90 days"},
	{"baseline.sessionLogDays", func(s Settings) int { return s.Baseline.SessionLogDays }, 1, 3653, "one of CloudWatch Logs's periods"},
	{"budget.monthlyUSD", func(s Settings) int { return s.Budget.MonthlyUSD }, 0, 10_000_000, "0 makes no budget"},
}

func numberRange(key string) string {
	for _, n := range numbers {
		if n.key == key {
			return fmt.Sprintf(" from %d to %d (%s)", n.min, n.max, n.why)
		}
	}
	return ""
}

// logRetentions are the days that CloudWatch Logs takes (API reference, PutRetentionPolicy).
var logRetentions = []int{1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653}

func (c *checker) checkNumbers() {
	for _, n := range numbers {
		if v := n.of(c.s); v < n.min || v > n.max {
			c.refuse(n.key, v, fmt.Sprint(min(max(v, n.min), n.max)), "must be a whole number%s", numberRange(n.key))
		}
	}
	if d := c.s.Baseline.SessionLogDays; d >= 1 && d <= 3653 && !slices.Contains(logRetentions, d) {
		c.refuse("baseline.sessionLogDays", d, "", "must be one of %s, which CloudWatch Logs takes", strings.Trim(fmt.Sprint(logRetentions), "[]"))
	}
}

var (
	accountPattern = regexp.MustCompile(`^[0-9]{12}$`)
	repoPattern    = regexp.MustCompile(`^[A-Za-z0-9-]{1,39}/[A-Za-z0-9._-]{1,100}$`)
	branchPattern  = regexp.MustCompile(`^[A-Za-z0-9._/-]{1,200}$`)
	namePattern    = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,100}$`)
	domainPattern  = regexp.MustCompile(`^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$`)
	imagePattern   = regexp.MustCompile(`^[a-z0-9]+([._-][a-z0-9]+)*(/[a-z0-9]+([._-][a-z0-9]+)*)*$`)
)

func (c *checker) checkTexts() {
	a := c.s.Account
	for _, r := range []struct {
		key, value string
		pattern    interface{ MatchString(string) bool }
		rule       string
	}{
		{"account.id", a.ID, accountPattern, "must be the account's number, twelve digits"},
		{"account.owner", a.Owner, config.TagValue{}, "must be a tag's value, not blank and not beginning with aws:"},
		{"account.costCentre", a.CostCentre, config.TagValue{}, "must be a tag's value, not blank and not beginning with aws:"},
		{"aws:region", c.s.Region, config.RegionName{}, "must be a commercial AWS region, such as eu-central-1"},
		{"state.replicaRegion", c.s.State.ReplicaRegion, config.RegionName{}, "must be a commercial AWS region, such as us-east-1"},
		{"github.repository", c.s.GitHub.Repository, repoPattern, "must be owner/name"},
		{"github.branch", c.s.GitHub.Branch, branchPattern, "must be a branch's name, without wildcards"},
		{"github.previewEnvironment", c.s.GitHub.PreviewEnvironment, namePattern, "must be an environment's name, without wildcards"},
		{"github.imagesEnvironment", c.s.GitHub.ImagesEnvironment, namePattern, "must be an environment's name, without wildcards"},
		{"github.shortEnvironment", c.s.GitHub.ShortEnvironment, namePattern, "must be an environment's name, without wildcards"},
		{"names.zone", c.s.Names.Zone, domainPattern, "must be a domain's name in lower case"},
	} {
		if r.value != "" && !r.pattern.MatchString(r.value) {
			c.refuse(r.key, r.value, "", "%s", r.rule)
		}
	}
}

func (c *checker) checkRegions() {
	regions := c.s.Account.Regions
	for i, r := range regions {
		if !(config.RegionName{}).MatchString(r) {
			c.refuse("account.regions", regions, "", "%q is no commercial AWS region, such as eu-central-1", r)
		}
		if slices.Contains(regions[:i], r) {
			c.refuse("account.regions", regions, "", "%s stands there twice", r)
		}
	}
	for _, r := range c.s.Account.Copies {
		if !(config.RegionName{}).MatchString(r) {
			c.refuse("account.copies", c.s.Account.Copies, "", "%q is no commercial AWS region, such as eu-central-1", r)
		}
	}
	home, replica := c.s.Region, c.s.State.ReplicaRegion
	if home != "" && len(regions) > 0 && !slices.Contains(regions, home) {
		c.refuse("account.regions", regions, "", "must hold aws:region, %s: what is regional is made there as well", home)
	}
	if replica != "" && replica == home {
		c.refuse("state.replicaRegion", replica, "", "must be another region than aws:region: a copy beside the original is lost with it")
	}
}

// maxStack is how long a stack's name can be (internal/cli, hub new), which is short enough for a role's (64 characters, IAM
// User Guide, "IAM and AWS STS quotas").
const maxStack = 32

func (c *checker) checkGitHub() {
	g := c.s.GitHub
	if g.Enabled == nil || !*g.Enabled {
		return
	}
	if g.Repository == "" {
		c.refuse("github.repository", nil, "", "must be given as owner/name, or github.enabled be false")
	}
	if len(g.Environments) == 0 {
		c.refuse("github.environments", nil, "", "must name the environments that deploy, or github.enabled be false")
	}
	for i, e := range g.Environments {
		switch {
		case !namePattern.MatchString(e):
			c.refuse("github.environments", g.Environments, "", "%q must be an environment's name, without wildcards", e)
		case e == g.PreviewEnvironment:
			c.refuse("github.environments", g.Environments, "", "%q is the environment that previews: what it lets in may only read", e)
		case e == g.ImagesEnvironment || e == g.ShortEnvironment:
			c.refuse("github.environments", g.Environments, "", "%q is for images or for short-lived stacks, and has a role of its own", e)
		case len(e) > maxStack:
			c.refuse("github.environments", g.Environments, "", "%q must have at most %d characters: a role is named after it", e, maxStack)
		case strings.HasPrefix(e, naming.ShortLived):
			c.refuse("github.environments", g.Environments, "", "%q must not begin as short-lived stacks do", e)
		case slices.Contains(g.Environments[:i], e):
			c.refuse("github.environments", g.Environments, "", "%q stands there twice", e)
		}
	}
	if special := []string{g.PreviewEnvironment, g.ImagesEnvironment, g.ShortEnvironment}; special[0] == special[1] || special[0] == special[2] || special[1] == special[2] {
		c.refuse("github", special, "", "previewEnvironment, imagesEnvironment and shortEnvironment must differ: each has a role of its own")
	}
	if g.PreviewEnvironment == "" {
		c.refuse("github.previewEnvironment", nil, "preview", "must be given: its approval is what a pull request's preview needs")
	}
	if g.Branch == "" {
		c.refuse("github.branch", nil, "main", "must be given")
	}
}

// checkRights refuses an account that is too large for the policies of its roles, which name its regions and repositories.
// What is wrong by itself says nothing of that.
func (c *checker) checkRights() {
	if len(c.problems) > 0 || !*c.s.GitHub.Enabled {
		return
	}
	if err := c.s.Access().Fits(c.s.GitHub.Environments); err != nil {
		c.refuse("account.regions", c.s.Account.Regions, "", "must be fewer, or images.repositories: the roles of GitHub's jobs name each of them: %v", err)
	}
}

func (c *checker) checkNames() {
	n := c.s.Names
	if n.MakeZone != nil && *n.MakeZone && n.Zone == "" {
		c.refuse("names.zone", nil, "", "must be given where names.makeZone is true")
	}
	for i, name := range n.Shared {
		switch {
		case !domainPattern.MatchString(name):
			c.refuse("names.shared", n.Shared, "", "%q must be a domain's name in lower case", name)
		case n.Zone == "" || name != n.Zone && !strings.HasSuffix(name, "."+n.Zone):
			c.refuse("names.shared", n.Shared, "", "%q must be inside names.zone", name)
		case slices.Contains(n.Shared[:i], name):
			c.refuse("names.shared", n.Shared, "", "%q stands there twice", name)
		}
	}
}

func (c *checker) checkLists() {
	for i, name := range c.s.Images.Repositories {
		if len(name) < 2 || len(name) > 256 || !imagePattern.MatchString(name) {
			c.refuse("images.repositories", c.s.Images.Repositories, "", "%q must be lower case letters and digits with . _ - / between them", name)
		}
		if slices.Contains(c.s.Images.Repositories[:i], name) {
			c.refuse("images.repositories", c.s.Images.Repositories, "", "%q stands there twice", name)
		}
	}
	b := c.s.Budget
	if b.MonthlyUSD > 0 && (len(b.Notify) == 0 || len(b.Notify) > 10) {
		c.refuse("budget.notify", b.Notify, "", "must name one to ten addresses, or budget.monthlyUSD be 0: a budget tells nobody else")
	}
	for _, to := range b.Notify {
		if a, err := mail.ParseAddress(to); err != nil || a.Address != to {
			c.refuse("budget.notify", b.Notify, "", "%q must be a mail address", to)
		}
	}
}
