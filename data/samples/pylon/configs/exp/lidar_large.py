config = {
    'runner': 'SupervisedTrainer',
    'work_dir': './logs/exp/lidar_large',
    'epochs': 4,
    'batch_size': 16,
}
