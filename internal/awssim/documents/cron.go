package documents

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// cronField is one field of an AWS cron expression (Amazon EventBridge User Guide, "Cron expressions reference").
type cronField struct {
	name      string
	low, high int
	names     []string // accepted for low, low+1, ...
	special   *regexp.Regexp
}

var cronFields = []cronField{
	{name: "minutes", low: 0, high: 59},
	{name: "hours", low: 0, high: 23},
	{name: "day of month", low: 1, high: 31, special: regexp.MustCompile(`^(\?|L|LW|([1-9]|[12][0-9]|3[01])W)$`)},
	{name: "month", low: 1, high: 12, names: strings.Fields("JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC")},
	{name: "day of week", low: 1, high: 7, names: strings.Fields("SUN MON TUE WED THU FRI SAT"), special: regexp.MustCompile(`^(\?|[1-7]?L|[1-7]#[1-5])$`)},
	{name: "year", low: 1970, high: 2199},
}

// parseCron checks an AWS cron expression and returns its six fields.
func parseCron(expression string) ([]string, error) {
	inside, ok := strings.CutPrefix(expression, "cron(")
	inside, closed := strings.CutSuffix(inside, ")")
	fields := strings.Fields(inside)
	if !ok || !closed || len(fields) != len(cronFields) {
		return nil, fmt.Errorf("expected cron(%d fields)", len(cronFields))
	}
	for i, f := range cronFields {
		for _, part := range strings.Split(fields[i], ",") {
			if !f.takes(part) {
				return nil, fmt.Errorf("%q is not a value of the field %s", fields[i], f.name)
			}
		}
	}
	if (fields[2] == "?") == (fields[4] == "?") {
		return nil, errors.New("exactly one of day of month and day of week has to be ?")
	}
	return fields, nil
}

// takes checks one element of a field's list: a value, a range, or either with a step.
func (f cronField) takes(part string) bool {
	if f.special != nil && f.special.MatchString(part) {
		return true
	}
	part, step, stepped := strings.Cut(part, "/")
	if n, err := strconv.Atoi(step); stepped && (err != nil || n < 1 || n > f.high) {
		return false
	}
	if part == "*" {
		return true
	}
	low, high, ranged := strings.Cut(part, "-")
	from, ok := f.value(low)
	if !ranged {
		return ok
	}
	to, alsoOK := f.value(high)
	return ok && alsoOK && from <= to
}

func (f cronField) value(s string) (int, bool) {
	if i := slices.Index(f.names, strings.ToUpper(s)); i >= 0 {
		return f.low + i, true
	}
	n, err := strconv.Atoi(s)
	return n, err == nil && n >= f.low && n <= f.high
}

// CheckBackupSchedule refuses what AWS Backup does not take as the schedule of a rule: anything but a cron expression,
// and one that fires more often than every hour (AWS Backup Developer Guide, "Backup frequency").
func CheckBackupSchedule(expression string) error {
	fields, err := parseCron(expression)
	if err != nil {
		return err
	}
	if _, err := strconv.Atoi(fields[0]); err != nil {
		return errors.New("it fires more often than every hour")
	}
	return nil
}
