import { drawRack } from "../../src/report/rack-drawing";
import { rackPlan } from "../report/plans";
const t=drawRack(rackPlan(),{colour:process.argv[2]==="c"});console.log(t);console.log(Math.max(...t.split("\n").map(l=>l.length)));
