package services

import (
	"fmt"
	"slices"
	"strings"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
)

// Damage is one thing that goes wrong in a region without anybody's deployment.
type Damage struct {
	Name string
	What string // one line, for a list
	do   func(*scene) error
}

// scene is a region in which something is about to go wrong, seen from one stack.
type scene struct {
	*cloud.Tx
	name string
	owns cloud.Owns
}

// Break has a damage happen to the resources of a stack in a region, and remembers under a name what they were.
func Break(c *cloud.Cloud, name, region, damage string, owns cloud.Owns) error {
	i := slices.IndexFunc(Damages, func(d Damage) bool { return d.Name == damage })
	if i < 0 {
		var known []string
		for _, d := range Damages {
			known = append(known, d.Name)
		}
		return fmt.Errorf("break %s: no such damage; known: %s", damage, strings.Join(known, ", "))
	}
	if err := c.Rehearse(name, region, func(t *cloud.Tx) error { return Damages[i].do(&scene{t, name, owns}) }); err != nil {
		return fmt.Errorf("break %s: %w", damage, err)
	}
	return nil
}

// mine returns the stack's resources of a type, in order of creation; an error when there are none.
func (s *scene) mine(typ string) ([]*cloud.Resource, error) {
	out := slices.DeleteFunc(s.All(typ), func(r *cloud.Resource) bool { return !s.owns(typ, r.ID) && !s.owns(typ, cloud.KindOf(typ).Shown(r)) })
	if len(out) == 0 {
		return nil, fmt.Errorf("the stack has no %s", cloud.KindOf(typ).Noun)
	}
	return out, nil
}

// lose takes a resource out of the account.
func (s *scene) lose(r *cloud.Resource) error {
	if err := s.Remember(s.name, r); err != nil {
		return err
	}
	s.Remove(r)
	return nil
}

// set gives a resource another value of an input.
func (s *scene) set(r *cloud.Resource, property string, value any) error {
	if err := s.Remember(s.name, r); err != nil {
		return err
	}
	r.Inputs, r.State = cloud.Clone(r.Inputs), cloud.Clone(r.State)
	r.Inputs[property], r.State[property] = value, value
	s.Save(r)
	return nil
}

// hide sets what AWS knows of a resource and no output shows.
func (s *scene) hide(r *cloud.Resource, name string, value any) error {
	if err := s.Remember(s.name, r); err != nil {
		return err
	}
	r.Hidden = cloud.Clone(r.Hidden)
	if r.Hidden == nil {
		r.Hidden = cloud.Map{}
	}
	r.Hidden[name] = value
	s.Save(r)
	return nil
}

// Heal puts back all that rehearsals under a name changed: see Cloud.Heal.
func Heal(c *cloud.Cloud, name string, owns cloud.Owns) (healed []string, err error) {
	return c.Heal(name, owns, imageGone, crashes, zoneDown, nextFails, refreshIs)
}
