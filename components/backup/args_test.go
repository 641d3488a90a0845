package backup_test

import (
	"strings"
	"testing"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/components/backup"
	"github.com/deepstreamhub/platform/components/componenttest"
)

func TestRefusals(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		change change
		want   []string
	}{
		"everything at once": {func(a *backup.Args, _ *aws.Provider) {
			*a = backup.Args{Stack: "Prod_EU", Region: "Frankfurt", Schedule: "daily", CopyRegion: "eu-west-1", CopyRetentionDays: 7, Lock: &backup.Lock{}}
		}, []string{
			`stack "Prod_EU"`, `region "Frankfurt"`, `tag key ""`, `tag value ""`, `schedule "daily"`, "retention days 0",
			`copy region "eu-west-1": without a provider`, "copy retention days 7: without a provider", "lock: what it locks is to be deleted",
		}},
		"tag of AWS's":          {func(a *backup.Args, _ *aws.Provider) { a.TagKey = "aws:created" }, []string{`tag key "aws:created"`}},
		"long tag value":        {func(a *backup.Args, _ *aws.Provider) { a.TagValue = strings.Repeat("x", 257) }, []string{"tag value"}},
		"kept too long":         {func(a *backup.Args, _ *aws.Provider) { a.RetentionDays = 36501 }, []string{"retention days 36501: must be 1 to 36500"}},
		"copies go nowhere":     {func(a *backup.Args, p *aws.Provider) { withCopies(a, p); a.CopyRegion = "" }, []string{`copy region ""`}},
		"copies stay here":      {func(a *backup.Args, p *aws.Provider) { withCopies(a, p); a.CopyRegion = a.Region }, []string{`copy region "eu-central-1": is the region itself`}},
		"copies are kept never": {func(a *backup.Args, p *aws.Provider) { withCopies(a, p); a.CopyRetentionDays = 0 }, []string{"copy retention days 0"}},
		"lock below AWS's limits": {func(a *backup.Args, p *aws.Provider) {
			locked(a, p)
			*a.Lock = backup.Lock{MinRetentionDays: -1, MaxRetentionDays: -1, ChangeableForDays: 2}
		}, []string{"lock: min retention days -1", "lock: max retention days -1", "lock: changeable for days 2: must be 3 to 36500"}},
		"lock above AWS's limits": {func(a *backup.Args, p *aws.Provider) {
			locked(a, p)
			*a.Lock = backup.Lock{MinRetentionDays: 36501, MaxRetentionDays: 36501, ChangeableForDays: 36501}
		}, []string{"lock: min retention days 36501", "lock: max retention days 36501", "lock: changeable for days 36501"}},
		"lock without room": {func(a *backup.Args, p *aws.Provider) {
			locked(a, p)
			a.Lock.MinRetentionDays, a.Lock.MaxRetentionDays = 36, 34
		}, []string{"lock: max retention days 34: below the 36"}},
		"outside the lock": {func(a *backup.Args, p *aws.Provider) {
			withCopies(a, p)
			locked(a, p)
			a.RetentionDays, a.CopyRetentionDays = 6, 401
		}, []string{"lock: retention days 6: outside its window of 7 to 400", "lock: copy retention days 401: outside its window of 7 to 400"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			resources, err := newRecorder().Run(program([]change{tc.change}, nil))
			require.ErrorContains(t, err, "create backup backup: ")
			for _, want := range tc.want {
				require.ErrorContains(t, err, want)
			}
			require.Equal(t, []string{"pulumi:providers:aws aws", "pulumi:providers:aws second"}, componenttest.Names(resources), "nothing may be registered")
		})
	}
}

func TestRefusesNothingAtAllAndLongNames(t *testing.T) {
	t.Parallel()
	for name, a := range map[string]*backup.Args{"backup": nil, strings.Repeat("b", 32): args(), "a backup": args()} {
		resources, err := newRecorder().Run(func(ctx *pulumi.Context) error {
			_, err := backup.New(ctx, name, a)
			return err
		})
		require.Error(t, err, name)
		require.Empty(t, resources)
	}
	require.NoError(t, args().Validate(strings.Repeat("b", 31)))
}

func TestSchedules(t *testing.T) {
	t.Parallel()
	for schedule, ok := range map[string]bool{
		"cron(0 5 * * ? *)": true, "cron(59 23 * * ? *)": true,
		"cron(0 24 * * ? *)": false, "cron(60 5 * * ? *)": false, "cron(00 5 * * ? *)": false, "cron(* 5 * * ? *)": false,
		"cron(0 5,17 * * ? *)": false, "cron(0 5 ? * MON *)": false, "cron(0 5 * * * *)": false, "0 5 * * *": false, "rate(1 day)": false, "": false,
	} {
		a := args()
		a.Schedule = schedule
		require.Equal(t, ok, a.Validate("backup") == nil, schedule)
	}
}

func TestLocksThatFit(t *testing.T) {
	t.Parallel()
	for _, lock := range []backup.Lock{
		{}, {MinRetentionDays: 35, MaxRetentionDays: 35}, {MinRetentionDays: 1}, {MaxRetentionDays: 36500, ChangeableForDays: 36500},
	} {
		a := args()
		a.Keep, a.Lock = true, &lock
		require.NoError(t, a.Validate("backup"), lock)
	}
}
