package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/zclconf/go-cty/cty"

	"github.com/deepstreamhub/platform/internal/tfplugin"
)

// asker asks a provider, and starts another when a question was its end.
type asker struct {
	ctx  context.Context
	path string
	*tfplugin.Provider
	deaths int
	said   []string
}

// mostDeaths is after how many ends the generator gives up.
const mostDeaths = 40

func (a *asker) start() (err error) {
	a.Provider, err = tfplugin.Start(a.ctx, a.path, "eu-central-1")
	return err
}

func (a *asker) revive(err error, what string) {
	if !errors.Is(err, tfplugin.ErrGone) {
		return
	}
	a.deaths++
	fmt.Printf("the provider died of %s\n", what)
	a.said = append(a.said, err.Error())
	if a.deaths == 1 {
		fmt.Println(err)
	}
	if a.deaths > mostDeaths {
		panic("the provider keeps dying: " + err.Error())
	}
	if err := a.start(); err != nil {
		panic(err)
	}
}

func (a *asker) validate(typ string, config cty.Value) ([]*tfplugin.Problem, error) {
	out, err := a.Validate(a.ctx, typ, config)
	a.revive(err, "validating "+typ)
	return out, err
}

func (a *asker) plan(typ string, prior, config cty.Value) (tfplugin.Plan, error) {
	out, err := a.Plan(a.ctx, typ, prior, config)
	a.revive(err, "planning "+typ)
	return out, err
}
