package main

import (
	"context"
	"log"
	"time"

	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/dynamic/dynamicinformer"
	"k8s.io/client-go/tools/cache"
)

// watch fills the stores with all objects of the given kinds, and reconciles whenever
// one of them changes, until the program ends.
func watch(
	ctx context.Context,
	client dynamic.Interface,
	stores map[schema.GroupVersionResource]cache.GenericLister,
	gvrs []schema.GroupVersionResource,
	reconcile func(context.Context) error,
) {
	changed := make(chan struct{}, 1)
	poke := func() {
		select {
		case changed <- struct{}{}:
		default:
		}
	}
	factory := dynamicinformer.NewDynamicSharedInformerFactory(client, 10*time.Minute)
	for _, gvr := range gvrs {
		inf := factory.ForResource(gvr)
		stores[gvr] = inf.Lister()
		if _, err := inf.Informer().AddEventHandler(cache.ResourceEventHandlerFuncs{
			AddFunc:    func(any) { poke() },
			UpdateFunc: func(_, _ any) { poke() },
			DeleteFunc: func(any) { poke() },
		}); err != nil {
			log.Fatal(err)
		}
	}
	factory.Start(ctx.Done())
	factory.WaitForCacheSync(ctx.Done())
	log.Printf("watching %d kinds", len(gvrs))
	for range changed {
		if err := reconcile(ctx); err != nil {
			log.Print(err)
			time.AfterFunc(500*time.Millisecond, poke)
		}
		time.Sleep(50 * time.Millisecond) // let a burst of events collect
	}
}
