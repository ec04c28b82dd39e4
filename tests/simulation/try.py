import os,sys,time
os.environ.setdefault("DJANGO_SETTINGS_MODULE","tests.settings")
import django; django.setup()
from tests.simulation.ports import Ports
from tests.simulation.system import run
from collections import Counter
a,b=int(sys.argv[1]),int(sys.argv[2])
tot=Counter(); bad=0
with Ports().hold() as ports:
    import cProfile,pstats
    prof=cProfile.Profile()
    if os.environ.get("PROF"):
        run(ports,0); prof.enable()
    import gc; gc.collect(); gc.freeze(); gc.set_threshold(20000,20,20)
    t=time.process_time()
    for s in range(a,b):
        r=run(ports,s,traced=len(sys.argv)>3)
        tot.update(r.counts)
        if r.violations:
            bad+=1
            if bad<=6: print(s,r.violations[:4])
        if r.trace: print("\n".join(r.trace))
    print((time.process_time()-t)/(b-a)*1000,"ms/seed", bad,"bad")
print(dict(tot))
if os.environ.get("PROF"): prof.disable(); pstats.Stats(prof).sort_stats(os.environ["PROF"]).print_stats(60)
