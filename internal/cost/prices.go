package cost

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"gopkg.in/yaml.v3"

	"github.com/deepstreamhub/platform/internal/yamltext"
)

// monthHours are the hours that AWS counts a month as (AWS Pricing Calculator).
const monthHours = 730

// Prices are what things cost, by region and by the names that Quantity has for them.
type Prices struct {
	Date     string                      `yaml:"date"`     // of the prices, as 2026-01-31
	Source   string                      `yaml:"source"`   // where they are from
	Currency string                      `yaml:"currency"` // such as USD
	Regions  map[string]map[string]Price `yaml:"regions"`
}

// Price is what one of a thing costs.
type Price struct {
	Amount float64 `yaml:"price"`
	Per    string  `yaml:"per"` // hour or month
}

func (p Price) monthly() float64 {
	if p.Per == "hour" {
		return p.Amount * monthHours
	}
	return p.Amount
}

// Read reads a price file. The error names everything that is wrong with it.
func Read(r io.Reader) (Prices, error) {
	var p Prices
	dec := yaml.NewDecoder(r)
	dec.KnownFields(true)
	if err := dec.Decode(&p); err != nil {
		return p, fmt.Errorf("read prices: %w", yamltext.Explain(err))
	}
	var problems []error
	wrong := func(format string, args ...any) { problems = append(problems, fmt.Errorf(format, args...)) }
	if _, err := time.Parse(time.DateOnly, p.Date); err != nil {
		wrong("date = %q: must be a day, such as 2026-01-31: prices change", p.Date)
	}
	if p.Source == "" {
		wrong("source: must say where the prices are from")
	}
	if p.Currency == "" {
		wrong("currency: must say what the prices are in, such as USD")
	}
	if len(p.Regions) == 0 {
		wrong("regions: must hold the prices of one region at least")
	}
	for _, region := range slices.Sorted(maps.Keys(p.Regions)) {
		for _, item := range slices.Sorted(maps.Keys(p.Regions[region])) {
			price, at := p.Regions[region][item], "regions."+region+"."+item
			if price.Amount < 0 {
				wrong("%s.price = %v: must not be negative", at, price.Amount)
			}
			if price.Per != "hour" && price.Per != "month" {
				wrong("%s.per = %q: must be hour or month", at, price.Per)
			}
		}
	}
	return p, errors.Join(problems...)
}

// Priced is a quantity with what it costs.
type Priced struct {
	Quantity
	Monthly *float64 `json:"monthly,omitempty"` // in the prices' currency; nil where there is no price
}

// Bill is what quantities cost in a month.
type Bill struct {
	Lines    []Priced `json:"lines"`
	Total    float64  `json:"total"`    // of what has a price
	Unpriced []string `json:"unpriced"` // things without a price
	Currency string   `json:"currency"` //
	Date     string   `json:"date"`     // of the prices
	Source   string   `json:"source"`   //
}

// Of multiplies quantities by the prices of a region.
func (p Prices) Of(region string, quantities []Quantity) Bill {
	b := Bill{Lines: []Priced{}, Unpriced: []string{}, Currency: p.Currency, Date: p.Date, Source: p.Source}
	for _, q := range quantities {
		line := Priced{Quantity: q}
		if price, ok := p.Regions[region][q.Item]; ok {
			monthly := price.monthly() * q.Count
			line.Monthly, b.Total = &monthly, b.Total+monthly
		} else if !slices.Contains(b.Unpriced, q.Item) {
			b.Unpriced = append(b.Unpriced, q.Item)
		}
		b.Lines = append(b.Lines, line)
	}
	return b
}

// Change says in one line what a change adds to the month's bill, or saves.
func (b Bill) Change() string {
	said := fmt.Sprintf("%.2f %s a month more", b.Total, b.Currency)
	switch {
	case len(b.Lines) == 0:
		return "Cost: nothing that is paid by the hour or month changes."
	case b.Total < 0:
		said = fmt.Sprintf("%.2f %s a month less", -b.Total, b.Currency)
	}
	if len(b.Unpriced) > 0 {
		said = "not known whole, for want of a price of " + strings.Join(b.Unpriced, ", ") + "; the rest " + said
	}
	return fmt.Sprintf("Cost: %s, by prices of %s (%s).", said, b.Date, b.Source)
}
