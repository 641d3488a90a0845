package documents

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestBackupSchedules(t *testing.T) {
	t.Parallel()
	for expression, ok := range map[string]bool{
		"cron(0 5 * * ? *)": true, "cron(0 5 ? * * *)": true, "cron(15 * ? * * *)": true, "cron(0 1-23/2 * * ? *)": true,
		"cron(0 5 ? * MON-FRI *)": true, "cron(0 5 L * ? *)": true, "cron(0 5 15W * ? 2026-2030)": true, "cron(0 5 ? * 6#3 *)": true,
		"cron(0 5 1,15 JAN,jul ? *)": true, "cron(0 5 ? * 6L *)": true,

		"cron(0 5 * * * *)": false, "cron(0 5 ? * ? *)": false, "cron(0 5 * * ?)": false, "cron(60 5 * * ? *)": false,
		"cron(0 24 * * ? *)": false, "cron(0 5 0 * ? *)": false, "cron(0 5 32 * ? *)": false, "cron(0 5 * 13 ? *)": false,
		"cron(0 5 ? * 0 *)": false, "cron(0 5 ? * 8 *)": false, "cron(0 5 * * ? 1969)": false, "cron(0 5 ? * FRI-MON *)": false,
		"cron(0 5 ? * 6#6 *)": false, "cron(0 5-2 * * ? *)": false, "cron(0 */0 * * ? *)": false, "cron(0 5, * * ? *)": false,
		"cron(? 5 * * ? *)": false, "0 5 * * ? *": false, "cron(0 5 * * ? *": false, "rate(1 hour)": false, "": false,
		"cron(* 5 * * ? *)": false, "cron(0,30 5 * * ? *)": false, "cron(0/15 * * * ? *)": false,
	} {
		require.Equal(t, ok, CheckBackupSchedule(expression) == nil, expression)
	}
}
