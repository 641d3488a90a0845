package program

import (
	"strconv"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/budgets"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// budget tells somebody when the month's bill will be higher than expected, and again when it is.
func (a *account) budget() error {
	b := a.cfg.Budget
	if b.MonthlyUSD == 0 {
		return nil
	}
	parent, err := a.part("Budget")
	if err != nil {
		return err
	}
	notify := func(kind string, percent float64) *budgets.BudgetNotificationArgs {
		return &budgets.BudgetNotificationArgs{
			NotificationType: pulumi.String(kind), ComparisonOperator: pulumi.String("GREATER_THAN"),
			Threshold: pulumi.Float64(percent), ThresholdType: pulumi.String("PERCENTAGE"),
			SubscriberEmailAddresses: pulumi.ToStringArray(b.Notify),
		}
	}
	_, err = budgets.NewBudget(a.ctx, "budget", &budgets.BudgetArgs{
		Name: pulumi.String(a.cfg.Organisation.Budget()), BudgetType: pulumi.String("COST"), TimeUnit: pulumi.String("MONTHLY"),
		LimitAmount: pulumi.String(strconv.Itoa(b.MonthlyUSD)), LimitUnit: pulumi.String("USD"),
		Notifications: budgets.BudgetNotificationArray{notify("FORECASTED", 100), notify("ACTUAL", 80), notify("ACTUAL", 100)},
	}, a.in(a.cfg.Region, parent, a.adoptedBut("budget", "budgetType", "timeUnit")...)...)
	return err
}
