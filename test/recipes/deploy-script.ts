/** The submissions of source 003's deployment script, with its exports. */
export const deployScript = `#!/bin/bash
export IMAGE="nvidia/deepseek-r1-fp4:latest"
export PRECISION="fp4"
export MODEL_PATH="/models/deepseek-r1-0528-fp4"
deploy_client1() {
    export ISL=1024
    export OSL=8192
    # Configuration 1: ./submit_disagg.sh of medium load
    ./submit_disagg.sh "mtp=on" "dep" \\
        1 4 8 64 256 \\
        "0.75" 2 0 "512 1024"
    ./submit_disagg.sh "mtp=on" "dep" \\
        1 8 16 128 512 \\
        "0.7" 1 0 "2048 4096"
}
deploy_client2() {
    export ISL=8192
    export OSL=1024
    ./submit_disagg.sh "mtp=on" "dep" 5 1 32 8 32 "0.7" 3 0 "128 269"
    ./submit_disagg.sh "mtp=on" "dep" 8 1 32 16 64 "0.7" 3 0 "538 1075" &
}
`;
