package services

import (
	"strconv"
	"time"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
)

const typeBudget = "aws:budgets/budget:Budget"

// budgetTime is how the provider writes a budget's times (budgets/budget.go).
const budgetTime = "2006-01-02_15:04"

var _ = cloud.Register(&cloud.Kind{
	Type: typeBudget, Service: "Budgets", Noun: "Budget", Global: true,
	Name: &cloud.AutoName{Property: "name", Max: 100, Prefix: "namePrefix"},
	Unique: []cloud.Unique{{Props: []string{"name"}, Refusal: cloud.Refusal{Code: "DuplicateRecordException",
		Message: "Error creating budget: {value} - the budget already exists.", Rule: "AWS Budgets API, CreateBudget"}}},
	Check:  checkBudget,
	Create: createBudget,
	Timing: cloud.Timing{Create: cloud.Secs(1, 0, 2), Update: cloud.Secs(1, 0, 2), Delete: cloud.Secs(1, 0, 2),
		Source: "guess"},
})

// checkBudget holds what the provider checks and what the AWS Budgets API takes (CreateBudget; Subscriber: up to ten
// addresses and one topic a notification).
func checkBudget(c *cloud.Checker) {
	c.Unmodelled("autoAdjustData", "plannedLimits", "costFilters", "costTypes")
	if amount, ok := c.String("limitAmount"); ok {
		if n, err := strconv.ParseFloat(amount, 64); err != nil || n <= 0 {
			c.Fail("limitAmount", "%q must be a positive number", amount)
		}
	}
	all := cloud.Maps(c.In, "notifications[]")
	if len(all) > 5 {
		c.Fail("notifications", "a budget takes five notifications, not %d", len(all))
	}
	for _, n := range all {
		mails, topics := len(cloud.At(n, "subscriberEmailAddresses[]")), len(cloud.At(n, "subscriberSnsTopicArns[]"))
		if mails+topics == 0 || mails > 10 || topics > 1 {
			c.Fail("notifications", "a notification takes one to ten addresses or a topic, not %d and %d", mails, topics)
		}
	}
}

func createBudget(t *cloud.Tx, r *cloud.Resource) error {
	cloud.Computed(r, cloud.Map{"accountId": t.Account()})
	name := cloud.ApplyName(t, r)
	r.ID = r.Str("accountId") + ":" + name
	r.State["arn"] = t.GlobalARN("budgets", "budget/"+name)
	month := time.Date(t.Now().Year(), t.Now().Month(), 1, 0, 0, 0, 0, time.UTC)
	cloud.Computed(r, cloud.Map{
		"timePeriodStart": month.Format(budgetTime), "timePeriodEnd": "2087-06-15_00:00", "costFilters": []any{}, "limitUnit": "USD", "limitAmount": "0.0",
		"costTypes": cloud.Map{"includeCredit": true, "includeDiscount": true, "includeOtherSubscription": true, "includeRecurring": true, "includeRefund": true,
			"includeSubscription": true, "includeSupport": true, "includeTax": true, "includeUpfront": true, "useAmortized": false, "useBlended": false},
	})
	return nil
}
