// Package explore plays the creation and the deletion of a stack in as many random legal orders as asked, against fresh
// offline clouds in virtual time. Nothing but the order is invented: resources, inputs and dependencies are those that
// one run of the engine recorded in its checkpoint. An order that AWS would refuse is made smaller until only the
// operations that clash are left.
//
// The same search with one dependency left out tells whether that dependency carries any load.
package explore
